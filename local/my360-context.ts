import { randomInt } from 'node:crypto';
import { launch, type Page } from './browser.js';
import type { LocalFacts } from './facts.js';
import { eventually, expect } from './story.js';

export interface User {
  readonly email: string;
  readonly password: string;
}

export interface Account {
  readonly accountNumber: string;
  readonly primary: boolean;
}

export interface Session {
  readonly id: string;
  readonly outcome: string;
  readonly branch?: string;
  readonly customerGuid: string | null;
  readonly accounts: readonly Account[];
  readonly expiresAt: string;
  readonly sync: Readonly<Record<string, readonly string[]>> | null;
}

/** What Invoice Cloud has of one user. */
export interface CloudUser {
  readonly email: string;
  readonly accounts: readonly string[];
  readonly methods: readonly { readonly id: string; readonly brand: string; readonly lastFour: string }[];
  readonly scheduled: readonly { readonly date: string; readonly amountCents: number }[];
}

export interface CloudCustomer {
  readonly accountNumber: string;
  readonly balance: string;
  readonly paperless: boolean;
  readonly autopay: string | null;
}

interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** What the My360 stories hand on to each other, and how they reach platform and sandbox. */
export class My360Context {
  /** Its customers are new in every run, so that the demo can be run any number of times. */
  private readonly run = `${Date.now().toString(36)}${randomInt(1_000, 10_000)}`;
  private made = 0;
  user: User | undefined;
  accountNumber = '';
  session: Session | undefined;
  private sandboxBiller: string | undefined;

  constructor(private readonly facts: LocalFacts) {}

  /** @throws Error with the problem document, unless the status is the expected one */
  async ask<T>(status: number, method: string, path: string, body?: object): Promise<T> {
    const { apiKey, billerId } = this.facts.my360;
    const response = await fetch(`${this.facts.apiUrl}/v1/billers/${billerId}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    expect(response.status === status, `expected ${status}, got ${response.status}: ${text.slice(0, 400)}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  signIn(user: User, accountNumbers?: readonly string[]): Promise<Session> {
    return this.ask(201, 'POST', '/sso/sessions', { ...user, ...(accountNumbers && { accountNumbers }) });
  }

  register(user: User, accountNumber: string): Promise<Session> {
    const customer = { name: 'Nell Fairweather', city: 'Sampleton' };
    return this.ask(201, 'POST', '/sso/registrations', { ...user, accountNumber, customer });
  }

  /** What the iframe of a signed-in user shows. */
  async openPage(page: string, more: object = {}): Promise<{ readonly page: Page; readonly launchUrl: string }> {
    expect(this.session, 'nobody is signed in');
    const path = `/sso/sessions/${this.session.id}/pages`;
    const { launchUrl } = await this.ask<{ launchUrl: string }>(201, 'POST', path, { page, ...more });
    const opened = await launch(launchUrl);
    expect(opened.status === 200, `the page answered ${opened.status}`);
    return { page: opened, launchUrl };
  }

  newUser(name: string): User {
    const email = `${name}.${this.run}.${(this.made += 1)}@example.com`;
    return { email, password: `${name}-signs-in-${randomInt(1_000, 10_000)}` };
  }

  newAccount(): string {
    return `36${randomInt(10_000_000, 100_000_000)}${(this.made += 1)}`;
  }

  /** A customer that Invoice Cloud has before the story begins. @returns the account number */
  async customer(body: object = {}): Promise<string> {
    const accountNumber = this.newAccount();
    await this.steer('/customers', { accountNumber, name: 'Rosa Winterbourne', ...body });
    return accountNumber;
  }

  async atInvoiceCloud(): Promise<{ readonly user: CloudUser; readonly customer: CloudCustomer }> {
    const state = await this.steer<{ users: CloudUser[]; customers: CloudCustomer[] }>('/customers');
    const user = state.users.find(({ email }) => email === this.user?.email);
    const customer = state.customers.find(({ accountNumber }) => accountNumber === this.accountNumber);
    expect(user && customer, 'Invoice Cloud does not know the user');
    return { user, customer };
  }

  /** The newest mail to an address, as the sandbox received it. */
  mailTo(email: string): Promise<Mail> {
    const url = `${this.facts.sandboxUrl}/_sandbox/mailbox?to=${encodeURIComponent(email)}`;
    return eventually('the mail is in the sandbox’s mailbox (SMTP_URL must lead there)', async () => {
      const [newest] = (await (await fetch(url)).json()) as Mail[];
      return newest;
    });
  }

  get portalUrl(): string {
    return this.facts.my360.portalUrl;
  }

  get mailboxUrl(): string {
    return `${this.facts.sandboxUrl}/mailbox`;
  }

  /** Settings of the sandbox's biller. */
  async setBiller(settings: object): Promise<void> {
    await this.steer('', settings, 'PATCH');
  }

  private async steer<T>(path: string, body?: object, method = 'POST'): Promise<T> {
    this.sandboxBiller ??= await this.findBiller();
    const response = await fetch(`${this.facts.sandboxUrl}/_sandbox/billers/${this.sandboxBiller}${path}`, {
      ...(body && {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    expect(response.ok, `the sandbox answered ${response.status}`);
    return (await response.json()) as T;
  }

  private async findBiller(): Promise<string> {
    const response = await fetch(`${this.facts.sandboxUrl}/_sandbox/billers`);
    const { billers } = (await response.json()) as { billers: readonly { billerGuid: string; name: string }[] };
    const found = billers.find(({ name }) => name.includes('My360'));
    expect(found, 'the sandbox has no biller for My360');
    return found.billerGuid;
  }
}
