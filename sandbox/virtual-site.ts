import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openInvoices } from './accounts.js';
import { unknownPage } from './hosted-page.js';
import { alertBox, html, layout } from './html.js';
import { formIn, show } from './portal.js';
import type { Biller } from './biller.js';
import type { Store } from './store.js';

type ForSite = FastifyRequest<{ Querystring: Record<string, unknown> }>;

/**
 * A biller's Virtual Site, "Pay Now" for guests. The address is observed, `G` being the BillerGUID; the page is ours.
 * The account number is posted, for an address ends up in histories and logs.
 */
export function virtualSite(app: FastifyInstance, store: Store): void {
  app.get('/portal/2/Site.aspx', (request: ForSite, reply) => {
    const biller = billerOf(store, request);
    return biller ? show(reply, 200, lookup(biller)) : show(reply, 404, unknownPage());
  });

  app.post('/portal/2/Site.aspx', (request: ForSite, reply) => {
    const biller = billerOf(store, request);
    if (!biller) return show(reply, 404, unknownPage());
    const form = formIn(request);
    const account = biller.accounts.get((form.get('accountNumber') ?? '').trim());
    if (!account) return show(reply, 422, lookup(biller, 'There is no account with this number.'));
    const invoices = openInvoices(account);
    if (invoices.length === 0) return show(reply, 422, lookup(biller, 'This account has nothing to pay.'));
    const page = store.openPage({
      biller,
      cart: invoices.map((invoice) => ({ account, customer: account.customer, invoice, ofBalance: true })),
      methods: ['card', 'bank'],
      options: { statement: true, remove: true },
      viewMode: 0,
      returnUrl: biller.settings.oneTimePaymentReturnUrl,
      billerReference: '',
    });
    return reply.redirect(`/portal/cloudpay/${page.token}`, 303);
  });
}

function billerOf(store: Store, { query }: ForSite): Biller | undefined {
  const guid = Object.entries(query).find(([name]) => name.toLowerCase() === 'g')?.[1];
  return typeof guid === 'string' ? store.biller(guid) : undefined;
}

function lookup({ settings }: Biller, problem?: string): string {
  return layout(
    'Pay your bill',
    settings.dba,
    html`${alertBox(problem)}
      <p class="lead">Pay without signing in. Your account number stands on your bill.</p>
      <form
        class="card narrow"
        method="post"
        action="/portal/2/Site.aspx?G=${encodeURIComponent(settings.guid)}"
        aria-label="Find your bill"
      >
        <label for="account-number">Account number</label>
        <input id="account-number" name="accountNumber" autocomplete="off" maxlength="64" required />
        <button type="submit">Find my bill</button>
      </form>`,
  );
}
