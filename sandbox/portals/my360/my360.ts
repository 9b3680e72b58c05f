import type { FastifyReply, FastifyRequest } from 'fastify';
import { html, type Html } from '../shared/html.js';
import { Platform, Refused, type PlatformAccess } from '../shared/platform.js';
import { show, type Look } from '../shared/portal-server.js';
import type { DemoLinks } from '../shared/start-page.js';
import { SCRIPT } from './browser.js';
import { Users, type User } from './users.js';
import { Visits, type CloudSession, type Visit } from './visits.js';

export interface My360Options extends PlatformAccess {
  readonly port: number;
  readonly host: string;
  /** Where browsers and the platform reach this portal; an origin that the biller allows. */
  readonly portalUrl: string;
  /** Verifies what the relay sends. */
  readonly webhookSecret: string;
  readonly demo?: DemoLinks;
}

export const LOOK: Look = { id: 'my360', name: 'My360', script: SCRIPT };

/** In the order of the tabs: pages of ours, and pages of Invoice Cloud in a frame. */
export const TABS: readonly (readonly [path: string, label: string])[] = [
  ['/accounts', 'Accounts'],
  ['/pages/recent-bills', 'Bills'],
  ['/pages/scheduled-payments', 'Scheduled payments'],
  ['/pages/autopay', 'AutoPay'],
  ['/pages/paperless', 'Paperless'],
  ['/pages/payment-options', 'Payment methods'],
  ['/settings', 'Settings'],
];

/** What the portal's routes share. */
export class My360 {
  readonly platform: Platform;
  readonly users = new Users();
  readonly visits = new Visits();

  constructor(readonly options: My360Options) {
    this.platform = new Platform(options);
  }

  /** A page for somebody who is signed in. */
  page(
    reply: FastifyReply,
    visit: Visit,
    path: string,
    title: string,
    main: Html,
    frames?: readonly string[],
  ): FastifyReply {
    const { notice } = visit;
    visit.notice = undefined;
    return show(reply, LOOK, {
      title,
      frames,
      who: html`<span class="who">${visit.user.email}</span>
        <form method="post" action="/sign-out"><button type="submit">Sign out</button></form>`,
      tabs: html`<nav class="tabs" aria-label="My360">
        ${TABS.map(([to, label]) => html`<a href="${to}" ${to === path && html`aria-current="page"`}>${label}</a> `)}
      </nav>`,
      main: html`${notice && html`<div class="alert ${notice.kind}" role="status"><p>${notice.text}</p></div>`}${main}`,
    });
  }

  /** Who is signed in; anybody else is shown the way in. */
  visitor(request: FastifyRequest, reply: FastifyReply): Visit | undefined {
    const visit = this.visits.of(request);
    if (!visit) void reply.redirect('/', 303);
    return visit;
  }

  /**
   * Signs in at Invoice Cloud, as the user who has just signed in here: a password passes through and is not kept. A user
   * who is not registered there is registered, and accounts that are missing there are linked.
   */
  async signInAtInvoiceCloud(visit: Visit, password: string): Promise<void> {
    const { email, accounts } = visit.user;
    const accountNumbers = accounts.size > 0 ? [...accounts] : undefined;
    await this.enter(visit, () =>
      this.platform.ask<CloudSession>('POST', '/sso/sessions', { email, password, accountNumbers }),
    );
  }

  /** The same for a new customer: `branch` of the answer says what Invoice Cloud knew. */
  async registerAtInvoiceCloud(visit: Visit, password: string, accountNumber: string): Promise<void> {
    const { email, name } = visit.user;
    await this.enter(visit, () =>
      this.platform.ask<CloudSession>('POST', '/sso/registrations', {
        email,
        password,
        accountNumber,
        customer: { name },
      }),
    );
  }

  /** Whatever Invoice Cloud says, My360 itself lets the user in; the bill pages then tell why they do not open. */
  private async enter(visit: Visit, ask: () => Promise<CloudSession>): Promise<void> {
    try {
      const session = await ask();
      visit.cloud = { id: session.id, accounts: session.accounts };
      visit.cloudProblem = undefined;
      for (const { accountNumber } of session.accounts) visit.user.accounts.add(accountNumber);
      visit.notice = { kind: 'good', text: welcome(visit.user, session) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      visit.cloud = undefined;
      visit.cloudProblem = `${error.title}. ${error.detail}`;
    }
  }

  /**
   * Runs what needs the session at Invoice Cloud.
   * @returns undefined when there is none, or it is over; the reason stands in the visit
   */
  async withCloud<Answer>(visit: Visit, run: (sessionId: string) => Promise<Answer>): Promise<Answer | undefined> {
    if (!visit.cloud) return undefined;
    try {
      return await run(visit.cloud.id);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'session_expired') throw error;
      visit.cloud = undefined;
      visit.cloudProblem = 'Your sign-in at Invoice Cloud is over. Sign out here and in again.';
      return undefined;
    }
  }
}

function welcome({ name }: User, { outcome, branch, sync }: CloudSession): string {
  const parts = [`Welcome, ${name}.`];
  if (branch) parts.push(BRANCHES[branch] ?? '');
  else
    parts.push(outcome === 'signed-in' ? 'Signed in to Invoice Cloud.' : 'Registered at Invoice Cloud, and signed in.');
  if (sync?.linkedNow.length) parts.push(`Linked now: ${sync.linkedNow.join(', ')}.`);
  if (sync?.unknownToInvoiceCloud.length) parts.push(`Unknown there: ${sync.unknownToInvoiceCloud.join(', ')}.`);
  return parts.join(' ');
}

const BRANCHES: Readonly<Record<string, string>> = {
  unknown: 'Invoice Cloud did not know the account: a record was made and registered.',
  'known-unregistered': 'Invoice Cloud knew the account: it is registered now.',
  registered: 'The account was registered at Invoice Cloud already: you are signed in.',
};
