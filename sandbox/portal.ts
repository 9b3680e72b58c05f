import type { FastifyInstance, FastifyReply } from 'fastify';
import { hostedPage, unknownPage } from './hosted-page.js';
import { attempt, payable } from './payments.js';
import type { PostbackSender } from './postback.js';
import { receipt } from './receipt.js';
import type { HostedPage, Store } from './store.js';
import { judgeBankAccount, judgeCard, type Verdict } from './test-numbers.js';

const ONLY_TEST_NUMBERS =
  'The sandbox takes only its test numbers, listed below. Never type a real card or bank account here. Nothing was stored.';

/** What the payer's browser meets: the hosted page, its form, the receipt. All of it works without script. */
export function portal(app: FastifyInstance, store: Store, postbacks: PostbackSender): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 8192 },
    (_q, body, done) => done(null, new URLSearchParams(String(body))),
  );

  app.get<{ Params: { token: string } }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    return page ? show(reply, 200, hostedPage(page)) : show(reply, 404, unknownPage());
  });

  app.post<{ Params: { token: string }; Body: unknown }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    if (!page) return show(reply, 404, unknownPage());
    if (payable(page).length === 0) return show(reply, 409, hostedPage(page));
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const method = form.get('method') === 'bank' ? 'bank' : 'card';
    const problem = missing(page, method, form);
    if (problem !== undefined) return show(reply, 422, hostedPage(page, problem));
    const verdict = judge(method, form);
    if (!verdict.known) return show(reply, 422, hostedPage(page, ONLY_TEST_NUMBERS));

    const entries = attempt(page, method, verdict, request.ip);
    for (const entry of entries) postbacks.announce(page, entry);
    if (!verdict.approved) return show(reply, 402, hostedPage(page, `${verdict.message}. Please try again.`));
    return reply.redirect(`/portal/cloudpay/${page.token}/receipt/${entries[0]?.paymentGuid}`, 303);
  });

  app.get<{ Params: { token: string; paymentGuid: string } }>(
    '/portal/cloudpay/:token/receipt/:paymentGuid',
    async (request, reply) => {
      const page = store.page(request.params.token);
      const paid = page?.payments.some((one) => one.approved && one.paymentGuid === request.params.paymentGuid);
      return page && paid ? show(reply, 200, receipt(page)) : show(reply, 404, unknownPage());
    },
  );
}

/** Sends a page. No framing rule, for partners show it in an iframe; no referrer, for its address is a bearer link. */
export function show(reply: FastifyReply, status: number, markup: string): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(markup);
}

function judge(method: 'card' | 'bank', form: URLSearchParams): Verdict {
  return method === 'card'
    ? judgeCard(form.get('cardNumber') ?? '')
    : judgeBankAccount(form.get('routingNumber') ?? '', form.get('accountNumber') ?? '');
}

/** What keeps a form from being an attempt at all. The expiry's form alone is read: the test number decides. */
function missing(page: HostedPage, method: 'card' | 'bank', form: URLSearchParams): string | undefined {
  if (method === 'card' && !page.allowCard) return 'This request takes no cards.';
  if (method === 'bank' && !page.allowBank) return 'This request takes no bank accounts.';
  const filled = (name: string) => (form.get(name) ?? '').trim() !== '';
  if (method === 'bank') {
    return filled('routingNumber') && filled('accountNumber')
      ? undefined
      : 'Enter the routing number and the account number.';
  }
  if (!filled('cardNumber')) return 'Enter the card number.';
  if (!/^(0?[1-9]|1[0-2])\s*\/?\s*(\d{2}|\d{4})$/.test((form.get('expiry') ?? '').trim())) {
    return 'Enter the expiry as MM/YY.';
  }
  if (!/^\d{3,4}$/.test((form.get('securityCode') ?? '').trim()))
    return 'Enter the security code, three or four digits.';
  return undefined;
}
