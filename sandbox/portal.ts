import type { FastifyInstance, FastifyReply } from 'fastify';
import { expiredPage, hostedPage, unknownPage } from './hosted-page.js';
import { pay } from './paying.js';
import { isExpired } from './payments.js';
import { receipt } from './receipt.js';
import type { Announcer } from './announcer.js';
import type { Store } from './store.js';

/** What the payer's browser meets: the hosted page, its form, the receipt. All of it works without script. */
export function portal(app: FastifyInstance, store: Store, announcer: Announcer): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 8192 },
    (_q, body, done) => done(null, new URLSearchParams(String(body))),
  );

  app.get<{ Params: { token: string } }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    if (!page) return show(reply, 404, unknownPage());
    return isExpired(page) ? show(reply, 410, expiredPage(page)) : show(reply, 200, hostedPage(page));
  });

  app.post<{ Params: { token: string }; Body: unknown }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    if (!page) return show(reply, 404, unknownPage());
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const outcome = pay(page, form, request.ip, announcer);
    if (outcome.status === 200) {
      return reply.redirect(`/portal/cloudpay/${page.token}/receipt/${outcome.entries[0]?.paymentGuid}`, 303);
    }
    if (outcome.status === 410) return show(reply, 410, expiredPage(page));
    return show(reply, outcome.status, hostedPage(page, outcome.status === 409 ? undefined : outcome.message));
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
