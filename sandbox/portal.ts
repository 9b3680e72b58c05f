import type { FastifyInstance, FastifyReply } from 'fastify';
import { hostedPage, unknownPage } from './hosted-page.js';
import { ONLY_TEST_NUMBERS, incomplete, judge } from './instrument.js';
import { attempt, payable } from './payments.js';
import type { PostbackSender } from './postback.js';
import { receipt } from './receipt.js';
import type { HostedPage } from './biller.js';
import type { Store } from './store.js';

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

/**
 * Sends a page. No framing rule, for partners show it in an iframe; no referrer, for its address is a bearer link. The
 * origin of a partner's `stylesheet` is let in, so its host name must be a plain one.
 */
export function show(reply: FastifyReply, status: number, markup: string, stylesheet?: string): FastifyReply {
  const styles = stylesheet === undefined ? '' : ` ${new URL(stylesheet).origin}`;
  return reply
    .code(status)
    .headers({
      'content-security-policy': `default-src 'none'; style-src 'self'${styles}; img-src data:; form-action 'self'; base-uri 'none'`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(markup);
}

/** What keeps a form from being an attempt at all. */
function missing(page: HostedPage, method: 'card' | 'bank', form: URLSearchParams): string | undefined {
  if (method === 'card' && !page.allowCard) return 'This request takes no cards.';
  if (method === 'bank' && !page.allowBank) return 'This request takes no bank accounts.';
  return incomplete(method, form);
}
