import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from './fields.js';
import { pagePath } from './hosted-frame.js';
import { expiredPage, unknownPage } from './hosted-page.js';
import { register, registerPage } from './hosted-register.js';
import { remind, remindPage } from './hosted-remind.js';
import { relatedPage, statementPage } from './hosted-statement.js';
import { formIn, show } from './portal.js';
import { dueLines, isExpired } from './payments.js';
import type { CartLine, HostedPage, PageOptions } from './biller.js';
import type { Mailbox } from './mailbox.js';
import type { Store } from './store.js';

type ForPage = FastifyRequest<{ Params: { token: string; line?: string } }>;

export interface HostedRoutes {
  readonly store: Store;
  readonly mails: Mailbox;
  /** Where payers reach the sandbox. */
  readonly publicUrl: () => string;
}

/** What PageResultOptions allows a payer besides paying. What was not allowed is not there, whoever asks. */
export function hostedRoutes(app: FastifyInstance, { store, mails, publicUrl }: HostedRoutes): void {
  const found = (request: ForPage, option: keyof PageOptions): HostedPage | undefined => {
    const page = store.page(request.params.token);
    return page?.options[option] === true ? page : undefined;
  };
  /** The line that the address names, unless it was removed. */
  const lineOf = ({ params }: ForPage, page: HostedPage | undefined): CartLine | undefined => {
    const line = /^\d{1,6}$/.test(params.line ?? '') ? page?.cart[Number(params.line)] : undefined;
    return line && !page?.removed.has(line) ? line : undefined;
  };
  const unpaid = (request: ForPage, page: HostedPage | undefined): CartLine | undefined => {
    const line = lineOf(request, page);
    return page && dueLines(page).some((due) => due.line === line) ? line : undefined;
  };
  const nowhere = (reply: FastifyReply) => show(reply, 404, unknownPage());
  const shown = (reply: FastifyReply, status: number, page: HostedPage, markup: string) =>
    isExpired(page)
      ? show(reply, 410, expiredPage(page), page.stylesheet)
      : show(reply, status, markup, page.stylesheet);
  /** Does what a form asks and leads back to the cart; a Refusal is shown on the form's page. */
  const change = (reply: FastifyReply, page: HostedPage, act: () => void, form: (problem: string) => string) => {
    if (isExpired(page)) return show(reply, 410, expiredPage(page), page.stylesheet);
    try {
      act();
      return reply.redirect(pagePath(page), 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return show(reply, 422, form(error.message), page.stylesheet);
    }
  };

  for (const [option, view] of [
    ['statement', statementPage],
    ['related', relatedPage],
  ] as const) {
    app.get(`/portal/cloudpay/:token/${option}/:line`, (request: ForPage, reply) => {
      const page = found(request, option);
      const line = lineOf(request, page);
      return page && line ? shown(reply, 200, page, view(page, line)) : nowhere(reply);
    });
  }

  app.post('/portal/cloudpay/:token/cart', (request: ForPage, reply) => {
    const page = found(request, 'remove');
    const form = formIn(request);
    const line = page?.cart[Number(form.get('line') ?? NaN)];
    if (!page || !line) return nowhere(reply);
    if (isExpired(page)) return show(reply, 410, expiredPage(page), page.stylesheet);
    if (form.get('action') === 'restore') page.removed.delete(line);
    else if (dueLines(page).some((due) => due.line === line)) page.removed.add(line);
    return reply.redirect(pagePath(page), 303);
  });

  app.get('/portal/cloudpay/:token/remind/:line', (request: ForPage, reply) => {
    const page = found(request, 'remind');
    const line = unpaid(request, page);
    return page && line ? shown(reply, 200, page, remindPage(page, line)) : nowhere(reply);
  });
  app.post('/portal/cloudpay/:token/remind/:line', (request: ForPage, reply) => {
    const page = found(request, 'remind');
    const line = unpaid(request, page);
    if (!page || !line) return nowhere(reply);
    return change(
      reply,
      page,
      () => remind(page, line, formIn(request), mails, publicUrl()),
      (problem) => remindPage(page, line, problem),
    );
  });

  app.get('/portal/cloudpay/:token/register', (request: ForPage, reply) => {
    const page = found(request, 'register');
    return page ? shown(reply, 200, page, registerPage(page)) : nowhere(reply);
  });
  app.post('/portal/cloudpay/:token/register', (request: ForPage, reply) => {
    const page = found(request, 'register');
    if (!page) return nowhere(reply);
    return change(
      reply,
      page,
      () => register(page, formIn(request)),
      (problem) => registerPage(page, problem),
    );
  });
}
