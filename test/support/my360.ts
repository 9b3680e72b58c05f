import { randomUUID } from 'node:crypto';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.js';
import { admin, api, type Answer, type Json } from './api.js';
import { startPlatform, type Platform } from './platform.js';
import { stage } from './stage-facts.js';
import { newStory, type Story, type StoryOptions } from './story.js';

export { launch, submit, visit } from '../../local/browser.js';

export interface My360Options extends StoryOptions {
  /** Allowed origins and style sheet, as an administrator sets them. */
  readonly portal?: object;
}

/** A registered user of the sandbox, with the account that was made for the registration. */
export interface User {
  readonly email: string;
  readonly password: string;
  readonly accountNumber: string;
}

/** What the sandbox holds of one biller's customers, without passwords. */
export interface CloudState {
  readonly customers: Json[];
  readonly users: Json[];
}

/** My360 with one biller, both new, and what a test of single sign-on does with them. */
export async function newMy360({ portal, ...options }: My360Options = {}): Promise<My360> {
  const story = await newStory(options);
  if (portal) {
    const { revision } = await admin('GET', `/billers/${story.billerId}`, undefined, options.url);
    await admin('PATCH', `/billers/${story.billerId}`, portal, options.url, { 'if-match': `"${revision}"` });
  }
  return new My360(story, options.url);
}

export const newEmail = (): string => `payer-${randomUUID()}@example.com`;

export class My360 {
  readonly path: string;

  constructor(
    readonly story: Story,
    private readonly url: string | undefined,
  ) {
    this.path = `/v1/billers/${story.billerId}/sso`;
  }

  ask(method: string, path: string, body?: object, key = this.story.key): Promise<Answer> {
    return api({ method, path: this.path + path, key, body, url: this.url });
  }

  signIn({ email, password }: Pick<User, 'email' | 'password'>, accountNumbers?: string[]): Promise<Answer> {
    return this.ask('POST', '/sessions', { email, password, ...(accountNumbers && { accountNumbers }) });
  }

  register({ email, password, accountNumber }: User, customer?: object): Promise<Answer> {
    return this.ask('POST', '/registrations', { email, password, accountNumber, ...(customer && { customer }) });
  }

  /** A session of which the test needs no more than that it is there. */
  async session(user: User): Promise<Json> {
    return wanted(201, await this.signIn(user)).body;
  }

  openPage(sessionId: string, body: object): Promise<Answer> {
    return this.ask('POST', `/sessions/${sessionId}/pages`, body);
  }

  /** Where the iframe goes. */
  async launchUrl(user: User, body: object = { page: 'recent-bills' }): Promise<string> {
    return wanted(201, await this.openPage((await this.session(user)).id, body)).body.launchUrl;
  }

  // The sandbox's side.

  customer(body: object): Promise<Json> {
    return this.story.steer('/customers', 'POST', body);
  }

  /** A customer that is registered; the changes are the control API's. */
  async user(changes: object = {}): Promise<User> {
    const user = { email: newEmail(), password: `right-${randomUUID()}`, accountNumber: newAccount() };
    const { email, password, accountNumber } = user;
    await this.customer({ accountNumber, name: 'Jane Payer', registered: { email, password }, ...changes });
    return user;
  }

  /** A customer that nobody is registered with. @returns the account number */
  async unregistered(changes: object = {}): Promise<string> {
    const accountNumber = newAccount();
    await this.customer({ accountNumber, name: 'Jane Payer', ...changes });
    return accountNumber;
  }

  state(): Promise<CloudState> {
    return this.story.steer('/customers') as Promise<CloudState>;
  }

  async cloudUser(email: string): Promise<Json> {
    return (await this.state()).users.find((user) => user.email === email);
  }

  /** Runs something, and expects that Invoice Cloud is afterwards as it was. */
  async unchanged<T>(run: () => Promise<T>): Promise<T> {
    const before = await this.state();
    const result = await run();
    expect(await this.state()).toEqual(before);
    return result;
  }

  /** The calls that something caused at Invoice Cloud. */
  async calls(run: () => Promise<unknown>): Promise<Json[]> {
    const before = (await this.story.requests()).length;
    await run();
    return (await this.story.requests()).slice(before);
  }

  /** Their operations, sorted: what goes side by side arrives in any order. */
  async operations(run: () => Promise<unknown>): Promise<string[]> {
    return (await this.calls(run)).map(({ operation }) => operation).sort();
  }

  /** The settings of the sandbox's biller. */
  async setBiller(settings: object): Promise<void> {
    const { billerGuid, invoiceCloudKey: apiKey } = this.story;
    const { status } = await fetch(`${stage.sandboxUrl}/_sandbox/billers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ billerGuid, apiKey, name: 'Test biller', ...settings }),
    });
    if (status !== 200) throw new Error(`the sandbox answered ${status}`);
  }
}

export const newAccount = (): string => `36${randomUUID().replaceAll(/\D/g, '').slice(0, 12)}`;

/** @throws Error when a request on which the test builds was not answered so */
export function wanted(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}

// The mail.

export interface MailStage {
  readonly platform: Platform;
  /** The newest mail to an address. */
  mailTo(email: string): Promise<{ from: string; subject: string; text: string; link: string }>;
  mailsTo(email: string): Promise<Json[]>;
  close(): Promise<void>;
}

/** A platform on the run's database whose mail goes to a mailbox of its own. */
export async function startMailStage(env: Readonly<Record<string, string>> = {}): Promise<MailStage> {
  const sandbox: Sandbox = await startSandbox({ port: 0, smtpPort: 0 });
  const platform = await startPlatform({ SMTP_URL: sandbox.smtpUrl ?? '', ...env });
  const mailsTo = async (email: string): Promise<Json[]> => {
    const response = await fetch(`${sandbox.url}/_sandbox/mailbox?to=${encodeURIComponent(email)}`);
    return (await response.json()) as Json[];
  };
  return {
    platform,
    mailsTo,
    mailTo: async (email) => {
      const [mail] = await mailsTo(email);
      if (!mail) throw new Error('no mail came');
      const [link = ''] = /https?:\/\/\S+\/approvals\/\S+/.exec(mail.text) ?? [];
      return { ...mail, link };
    },
    close: () => sandbox.close(),
  };
}
