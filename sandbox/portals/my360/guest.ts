import { randomInt } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { clock, dollars, html, type Html } from '../shared/html.js';
import { Deliveries } from '../shared/deliveries.js';
import { Refused } from '../shared/platform.js';
import { field, formOf, refusal, show, showPart } from '../shared/portal-server.js';
import { LOOK, type My360 } from './my360.js';

interface Opened {
  readonly id: string;
  readonly cloudPaymentUrl: string;
  readonly virtualSiteUrl: string;
}

interface GuestPayment extends Opened {
  readonly invoiceNumber: string;
  told?: { readonly approved: boolean; readonly paidCents: number; readonly at: Date };
}

const COOKIE = 'my360-guest';

/** Story 3: a payment of somebody who is not registered, on Invoice Cloud's hosted page in a frame. */
export function guest(app: FastifyInstance, my360: My360): void {
  const { platform, options } = my360;
  const deliveries = new Deliveries(options.webhookSecret);
  const payments = new Map<string, GuestPayment>();

  app.get('/pay', (_request, reply) => payPage(reply));
  app.post('/pay', async (request, reply) => {
    const form = formOf(request);
    const [name, accountNumber, invoiceNumber] = [
      field(form, 'name'),
      field(form, 'accountNumber'),
      field(form, 'invoiceNumber'),
    ];
    const amount = field(form, 'amount');
    try {
      // CreateCustomerRecord is always true here and ReturnURL is the biller's setting 36: the platform fills both in.
      const opened = await platform.ask<Opened>('POST', '/sso/one-time-payments', {
        ViewMode: 1,
        Customers: [
          {
            AccountNumber: accountNumber,
            Name: name,
            Invoices: [{ InvoiceNumber: invoiceNumber, BalanceDue: amount }],
          },
        ],
        PostBackURL: `${options.portalUrl}/billbridge/payments`,
        // By it the receipt's link leads to the platform's return page, which works in a frame.
        PortalOrigin: options.portalUrl,
      });
      payments.set(opened.id, { ...opened, invoiceNumber });
      // HttpOnly and first-party; it says whose payment comes back to /back, whose address is the same for everybody.
      void reply.header('set-cookie', `${COOKIE}=${opened.id}; Path=/back; HttpOnly; SameSite=Lax`);
      return await reply.redirect(`/pay/${opened.id}`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return payPage(reply.code(422), refusal(error));
    }
  });

  app.get<{ Params: { id: string } }>('/pay/:id', (request, reply) => {
    const payment = payments.get(request.params.id);
    if (!payment) return reply.callNotFound();
    return show(reply, LOOK, {
      title: 'Pay your bill',
      frames: [platform.origin, new URL(payment.cloudPaymentUrl).origin],
      main: html`<iframe
          src="${payment.cloudPaymentUrl}"
          title="Payment at Invoice Cloud"
          data-platform="${platform.origin}"
          data-payment="${payment.id}"
          data-back="/pay/${payment.id}/result"
        ></iframe>
        <p class="note">
          Or look your bill up at <a href="${payment.virtualSiteUrl}" target="_blank" rel="noreferrer">the biller’s public page</a>.
        </p>`,
    });
  });

  app.get<{ Params: { id: string } }>('/pay/:id/result', (request, reply) => {
    const payment = payments.get(request.params.id);
    if (!payment) return reply.callNotFound();
    return show(reply, LOOK, {
      title: 'Your payment',
      main: html`<p id="news" role="status" class="note"></p>
        <div data-live="/pay/${payment.id}/state">${state(payment)}</div>
        <p><a href="/pay">Pay another bill</a></p>`,
    });
  });
  // Setting 36: where the receipt leads when the return page has nobody to tell, for Invoice Cloud took the whole window.
  app.get('/back', (request, reply) => {
    const [, id = ''] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '') ?? [];
    return reply.redirect(payments.has(id) ? `/pay/${id}/result` : '/', 303);
  });

  app.get<{ Params: { id: string } }>('/pay/:id/state', (request, reply) => {
    const payment = payments.get(request.params.id);
    return payment ? showPart(reply, state(payment)) : reply.callNotFound();
  });

  app.post('/billbridge/payments', (request, reply) => {
    const { outcome, fields, at } = deliveries.take(
      request.headers,
      typeof request.body === 'string' ? request.body : '',
    );
    if (outcome === 'forged') return reply.code(401).send();
    const payment = [...payments.values()].find(({ invoiceNumber }) => invoiceNumber === fields.get('InvoiceNumber'));
    if (outcome === 'new' && payment && !payment.told?.approved) {
      const paidCents = Math.round(Number(fields.get('PaymentAmount')) * 100);
      payment.told = { approved: fields.get('Approved') === 'True', paidCents, at };
    }
    return reply.code(204).send();
  });
}

function state({ invoiceNumber, told }: GuestPayment): Html {
  if (!told) {
    return html`<section class="card" data-news="Waiting for the relay.">
      <p><span class="badge open">Waiting</span> Nothing was told about invoice ${invoiceNumber} yet.</p>
    </section>`;
  }
  const [badge, word] = told.approved ? ['paid', 'Paid'] : ['declined', 'Declined'];
  return html`<section class="card" data-news="Invoice ${invoiceNumber}: ${word}.">
    <p>
      <span class="badge ${badge}">${word}</span> Invoice ${invoiceNumber}${told.approved && `, ${dollars(told.paidCents)}`}
      <span class="note">told by the relay, signature verified at ${clock(told.at)}</span>
    </p>
  </section>`;
}

function payPage(reply: FastifyReply, problem?: Html): FastifyReply {
  const accountNumber = `48${randomInt(100_000, 1_000_000)}`;
  return show(reply, LOOK, {
    title: 'Pay without registering',
    main: html`${problem}
      <form class="card" method="post" action="/pay" aria-label="Pay without registering">
        <label for="name">Name</label>
        <input id="name" name="name" value="Greta Guest" autocomplete="name" required />
        <label for="account">Account number</label>
        <input id="account" name="accountNumber" value="${accountNumber}" autocomplete="off" required />
        <label for="invoice">Invoice number</label>
        <input id="invoice" name="invoiceNumber" value="${accountNumber}-1" autocomplete="off" required />
        <label for="amount">Amount in dollars</label>
        <input id="amount" name="amount" value="18.50" inputmode="decimal" autocomplete="off" required />
        <button type="submit">Go to payment</button>
      </form>`,
  });
}
