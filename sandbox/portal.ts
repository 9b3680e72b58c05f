import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expiredPage, hostedPage, unknownPage } from './hosted-page.js';
import { instrumentIn } from './instrument.js';
import { pay } from './paying.js';
import { isExpired } from './payments.js';
import { receipt } from './receipt.js';
import type { Announcer } from './announcer.js';
import type { Store } from './store.js';

/** What the payer's browser meets: the hosted page, its form, the receipt. All of it works without script and cookies. */
export function portal(app: FastifyInstance, store: Store, announcer: Announcer): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 8192 },
    (_q, body, done) => done(null, new URLSearchParams(String(body))),
  );

  app.get<{ Params: { token: string } }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    if (!page) return show(reply, 404, unknownPage());
    if (isExpired(page)) return show(reply, 410, expiredPage(page), page.stylesheet);
    return show(reply, 200, hostedPage(page), page.stylesheet);
  });

  app.post<{ Params: { token: string }; Body: unknown }>('/portal/cloudpay/:token', async (request, reply) => {
    const page = store.page(request.params.token);
    if (!page) return show(reply, 404, unknownPage());
    const form = formIn(request);
    const outcome = pay(page, form, request.ip, announcer);
    if (outcome.status === 200) {
      return reply.redirect(`/portal/cloudpay/${page.token}/receipt/${outcome.entries[0]?.paymentGuid}`, 303);
    }
    if (outcome.status === 410) return show(reply, 410, expiredPage(page), page.stylesheet);
    const problem = outcome.status === 409 ? undefined : outcome.message;
    return show(reply, outcome.status, hostedPage(page, problem, instrumentIn(form)), page.stylesheet);
  });

  app.get<{ Params: { token: string; paymentGuid: string } }>(
    '/portal/cloudpay/:token/receipt/:paymentGuid',
    async (request, reply) => {
      const page = store.page(request.params.token);
      const paid = page?.payments.some((one) => one.approved && one.paymentGuid === request.params.paymentGuid);
      return page && paid ? show(reply, 200, receipt(page), page.stylesheet) : show(reply, 404, unknownPage());
    },
  );
}

/** What a form holds; empty where the body is none. */
export function formIn({ body }: Pick<FastifyRequest, 'body'>): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams();
}

/**
 * Sends a page. No framing rule, for partners show it in an iframe, whoever they are (that Invoice Cloud's has none is
 * assumed); no referrer, for its address is a bearer link. The origin of a partner's `stylesheet` is let in, so its host
 * name must be a plain one.
 */
export function show(reply: FastifyReply, status: number, markup: string, stylesheet?: string): FastifyReply {
  return send(reply, status, markup, stylesheet === undefined ? '' : ` ${new URL(stylesheet).origin}`);
}

/** Sends a page for developers, which nobody but the sandbox itself may frame. */
export function showTool(reply: FastifyReply, status: number, markup: string): FastifyReply {
  return send(reply, status, markup, '', "; frame-ancestors 'self'");
}

function send(reply: FastifyReply, status: number, markup: string, styles: string, more = ''): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-security-policy': `default-src 'none'; style-src 'self'${styles}; img-src data:; form-action 'self'; base-uri 'none'${more}`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(markup);
}
