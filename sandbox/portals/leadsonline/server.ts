import { randomUUID } from 'node:crypto';
import { Deliveries } from '../shared/deliveries.js';
import { html } from '../shared/html.js';
import { Platform, Refused, type PlatformAccess } from '../shared/platform.js';
import { createPortalServer, refusal, show, showPart, type Look } from '../shared/portal-server.js';
import { startPage, type DemoLinks } from '../shared/start-page.js';
import { SCRIPT } from './browser.js';
import { BUSINESS, Invoices, type Invoice } from './invoices.js';
import { DEPARTMENT, invoiceTable } from './pages.js';

export interface LeadsOnlineOptions extends PlatformAccess {
  readonly port: number;
  readonly host: string;
  /** Where browsers and the platform reach this portal; an origin that the biller allows. */
  readonly portalUrl: string;
  /** Verifies what the relay sends. */
  readonly webhookSecret: string;
  readonly demo?: DemoLinks;
}

const LOOK: Look = { id: 'leadsonline', name: 'LeadsOnline', script: SCRIPT };

/** Answered when a payment was opened. There is more; this is what the portal uses. */
interface Opened {
  readonly id: string;
  readonly cloudPaymentUrl: string;
}

/** LeadsOnline's side of the story: three routes matter, and they stand in the order of the story. */
export async function startLeadsOnline(options: LeadsOnlineOptions): Promise<{ close(): Promise<void> }> {
  const { port, host, portalUrl, webhookSecret, demo } = options;
  const platform = new Platform(options);
  const deliveries = new Deliveries(webhookSecret);
  const invoices = new Invoices();
  const app = createPortalServer(LOOK, () => portalUrl);
  const table = () => invoiceTable(invoices.list(), deliveries.latest, platform.origin);

  app.get('/', (_request, reply) =>
    show(reply, LOOK, {
      title: 'Purchase E-Tickets',
      who: html`<span class="who">${BUSINESS.name}</span>`,
      main: html`<p class="lead">
          Each fee is paid on Invoice Cloud’s page, in a window of its own. This page learns the result from Billbridge’s relay,
          and from nobody else.
        </p>
        <p id="news" role="status" class="note"></p>
        <div data-live="/invoices">${table()}</div>
        <form method="post" action="/invoices"><button class="quiet" type="submit">Add another invoice</button></form>`,
    }),
  );
  app.get('/invoices', (_request, reply) => showPart(reply, table()));
  app.post('/invoices', (_request, reply) => {
    invoices.add();
    return reply.redirect('/', 303);
  });

  // 1. The payer presses "Purchase E-Tickets". The form's target is a window of its own, which this answer sends on.
  app.post<{ Params: { number: string } }>('/invoices/:number/purchase', async (request, reply) => {
    const invoice = invoices.find(request.params.number);
    if (!invoice) return reply.callNotFound();
    try {
      // The same invoice has one page while it lives, so pressing twice opens no second one. The Idempotency-Key is for a
      // request that we would send again because its answer was lost.
      const opened = await platform.ask<Opened>('POST', '/cloud-pay/payments', requestFor(invoice, portalUrl), {
        'idempotency-key': randomUUID(),
      });
      invoices.opened(invoice, opened.id);
      return await show(reply, LOOK, {
        title: 'Opening Invoice Cloud',
        onwards: opened.cloudPaymentUrl,
        main: html`<p><a href="${opened.cloudPaymentUrl}">Go to the payment page</a></p>`,
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return show(reply, LOOK, {
        title: 'The payment page could not be opened',
        main: html`${refusal(error)}
          <p>Close this window and try again.</p>`,
      });
    }
  });

  // 2. The payer pays at Invoice Cloud. Its PostBack goes to the platform, which compares it with our request, and tells us here.
  app.post('/billbridge/payments', (request, reply) => {
    const delivery = deliveries.take(request.headers, typeof request.body === 'string' ? request.body : '');
    if (delivery.outcome === 'forged') return reply.code(401).send();
    if (delivery.outcome === 'new') invoices.told(delivery);
    // A repeat is answered 2xx too: it says that we have the message.
    return reply.code(204).send();
  });

  // 3. The receipt's link leads to the platform's return page, which tells the window with the invoices. Where it can't,
  // the payer ends here.
  app.get('/back', (_request, reply) =>
    show(reply, LOOK, {
      title: 'Thank you',
      main: html`<p>You can close this window. <a href="/">Your invoices</a></p>`,
    }),
  );

  startPage(app, demo);
  await app.listen({ port, host });
  return { close: () => app.close() };
}

/** The Cloud Payments V2 request of the technical design. What the biller's policy pins (TypeID, fees, cart) may be left out. */
function requestFor({ number, amountCents }: Invoice, portalUrl: string): object {
  const { accountNumber, name, address, city, state, zip, email } = BUSINESS;
  const today = new Date().toISOString().slice(0, 10);
  return {
    ViewMode: 0,
    CreateCustomerRecord: true,
    Customers: [
      {
        AccountNumber: accountNumber,
        Name: name,
        Address: address,
        City: city,
        State: state,
        Zip: zip,
        EmailAddress: email,
        Invoices: [{ InvoiceNumber: number, InvoiceDate: today, DueDate: today, BalanceDue: amountCents / 100 }],
      },
    ],
    AllowCCPayment: true,
    AllowACHPayment: true,
    AllowSwipe: true,
    AllowEMV: true,
    PageResultOptions: {
      AllowRegisterAccount: true,
      InvoiceOptions: { AllowViewStatement: true, AllowRemove: true, AllowViewRelated: true, AllowRemindMe: true },
    },
    BillerReference: `${accountNumber}|${DEPARTMENT}`,
    // Where the relay tells us; not where Invoice Cloud posts to, which is the platform's own.
    PostBackURL: `${portalUrl}/billbridge/payments`,
    // Where the receipt's link leads, and which window is told that the payer is back.
    ReturnURL: `${portalUrl}/back`,
    PortalOrigin: portalUrl,
  };
}
