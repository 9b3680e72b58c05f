import type { FastifyInstance } from 'fastify';
import { html } from './html.js';
import { show, type Look } from './portal-server.js';

/** Where the rest of the demo is. A portal of your own has nothing like it. */
export interface DemoLinks {
  readonly leadsOnlineUrl: string;
  readonly my360Url: string;
  /** Docs of the platform's REST API. */
  readonly docsUrl: string;
  /** The pretend Invoice Cloud, and the mail that it received. */
  readonly sandboxUrl: string;
}

/** Tells whoever opens the first address what to click. */
export function startPage(app: FastifyInstance, look: Look, links: DemoLinks): void {
  app.get('/start', (_request, reply) =>
    show(reply, look, {
      title: 'Two portals, one platform',
      main: html`<p class="lead">
          Both portals talk to Billbridge alone, over its REST API. In LeadsOnline, press <strong>Purchase E-Tickets</strong> and
          pay in the window that opens; the portal learns it from a signed message. In My360, sign in as Rosa with one click and
          walk the tabs; each shows a page of Invoice Cloud in a frame.
        </p>
        <div class="grid">
          <section class="card">
            <h2>LeadsOnline: a police fee is paid</h2>
            <p>A business owes a police department for e-tickets. One REST call opens Invoice Cloud’s page; the result comes back signed.</p>
            <a class="button" href="${links.leadsOnlineUrl}/">Open LeadsOnline</a>
          </section>
          <section class="card">
            <h2>My360: a utility’s customers and their bills</h2>
            <p>Sign-in, bills, schedules, AutoPay, paperless, payment methods, accounts and credentials, kept in step with Invoice Cloud.</p>
            <a class="button" href="${links.my360Url}/">Open My360</a>
          </section>
        </div>
        <section class="card">
          <h2>Behind the scenes</h2>
          <p>
            <a href="${links.docsUrl}">The platform’s API</a>, <a href="${links.sandboxUrl}/">the pretend Invoice Cloud</a> with
            its test numbers and invented customers, and <a href="${links.sandboxUrl}/mailbox">the mail that was sent</a>. Nothing here moves
            money: cards are test numbers, which every payment page lists.
          </p>
        </section>`,
    }),
  );
}
