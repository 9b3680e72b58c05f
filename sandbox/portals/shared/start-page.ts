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

/** It belongs to neither portal. */
const LOOK: Look = { id: 'start', name: 'Billbridge demo', home: '/start', script: '' };

/** Tells whoever opens the first address what to click, and what happens then. A portal that runs alone has none. */
export function startPage(app: FastifyInstance, links?: DemoLinks): void {
  if (!links) {
    app.get('/start', (_request, reply) => reply.redirect('/', 303));
    return;
  }
  const { leadsOnlineUrl, my360Url, docsUrl, sandboxUrl } = links;
  app.get('/start', (_request, reply) =>
    show(reply, LOOK, {
      title: 'Two portals, one platform',
      main: html`<p class="lead">
          Two partners take payments at Invoice Cloud. Their portals talk to Billbridge alone, over its REST API; Billbridge talks to
          Invoice Cloud, here to a pretend one. Nobody is real, and no money moves.
        </p>
        <div class="grid">
          <section class="card" aria-labelledby="leadsonline">
            <h2 id="leadsonline">LeadsOnline: a police fee is paid</h2>
            <ol class="steps">
              <li>Press <strong>Purchase E-Tickets</strong>. One REST call, and Invoice Cloud’s page opens in a window.</li>
              <li>
                Pay with <code>4111 1111 1111 1112</code>, any expiry, any code. <code>4000 0000 0000 9996</code> is declined.
              </li>
              <li>
                Press <strong>Return</strong> on the receipt. The window closes, and the invoice is paid: Billbridge compared
                what Invoice Cloud said with what was asked, and told the portal by a signed message.
              </li>
            </ol>
            <a class="button" href="${leadsOnlineUrl}/">Open LeadsOnline</a>
          </section>
          <section class="card" aria-labelledby="my360">
            <h2 id="my360">My360: a utility’s customers and their bills</h2>
            <ol class="steps">
              <li>Press <strong>Sign in as Rosa</strong>. She is signed in at Invoice Cloud in the same moment.</li>
              <li>
                Walk the tabs. Bills, scheduled payments, AutoPay, paperless and payment methods are Invoice Cloud’s own pages,
                in a frame and in the portal’s colours.
              </li>
              <li>
                Link an account, or change a password: both sides stay in step. Dora’s differ; a change of hers waits for her
                click in <a href="${sandboxUrl}/mailbox">a mail</a>.
              </li>
              <li>Sign out and <strong>pay without registering</strong>, as a guest does.</li>
            </ol>
            <a class="button" href="${my360Url}/">Open My360</a>
          </section>
        </div>
        <section class="card" aria-labelledby="behind">
          <h2 id="behind">Behind the scenes</h2>
          <ul class="steps">
            <li>
              <a href="${sandboxUrl}/_sandbox/faults">The fault menu</a> makes Invoice Cloud slow, broken or lying: press “Twice”
              or “Missing”, pay again, and see what the portal is told. It also shows every call and payment.
            </li>
            <li>
              <a href="${sandboxUrl}/">The pretend Invoice Cloud</a>: test numbers, scenarios, invented customers, and how to point
              your own integration at it.
            </li>
            <li><a href="${sandboxUrl}/mailbox">The mailbox</a>: every mail that was sent.</li>
            <li><a href="${docsUrl}">The platform’s REST API</a>, the only thing that the portals use.</li>
          </ul>
        </section>`,
    }),
  );
}
