import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { autopayPage, changeAutopay } from './visit-autopay.js';
import { billsPage, pay } from './visit-bills.js';
import { noSuchVisit, signedOut, visitLayout, type Section } from './visit-layout.js';
import { changeMethods, methodsPage } from './visit-methods.js';
import { changePaperless, paperlessPage } from './visit-paperless.js';
import { changeScheduled, scheduledPage } from './visit-scheduled.js';
import { Refusal } from './fields.js';
import { formIn, show } from './portal.js';
import type { PageName, Visit, Visits } from './visits.js';
import type { Store } from './store.js';

interface VisitPage {
  /** What the page shows. */
  readonly view: (visit: Visit) => Section;
  /** Does what the form asks and answers where to go on; a Refusal is shown on the page. */
  readonly change: (visit: Visit, form: URLSearchParams, store: Store) => string;
}
type ForVisit = FastifyRequest<{ Params: { visit: string } }>;

const VISIT_PAGES: Readonly<Record<PageName, VisitPage>> = {
  bills: { view: billsPage, change: pay },
  paperless: { view: paperlessPage, change: changePaperless },
  autopay: { view: autopayPage, change: changeAutopay },
  'payment-options': { view: methodsPage, change: changeMethods },
  scheduled: { view: scheduledPage, change: changeScheduled },
};

/** The five pages that My360 shows in its iframe. None of them changes a password (the design asks that). */
export function visitPages(app: FastifyInstance, store: Store, visits: Visits): void {
  for (const [name, page] of Object.entries(VISIT_PAGES)) {
    const url = `/portal/session/:visit/${name}`;
    const shown = (reply: FastifyReply, visit: Visit, status: number, problem?: string) =>
      show(reply, status, visitLayout(visit, page.view(visit), problem), visit.stylesheet);

    app.get(url, (request: ForVisit, reply) => {
      const visit = visits.find(request.params.visit);
      return visit ? shown(reply, visit, 200) : show(reply, 401, noSuchVisit());
    });
    app.post(url, (request: ForVisit, reply) => {
      const visit = visits.find(request.params.visit);
      if (!visit) return show(reply, 401, noSuchVisit());
      const form = formIn(request);
      try {
        return reply.redirect(page.change(visit, form, store), 303);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return shown(reply, visit, 422, error.message);
      }
    });
  }

  // A link and not a form: a page's form-action policy would have to follow the ReturnUrl wherever it redirects.
  app.get('/portal/session/:visit/sign-out', (request: ForVisit, reply) => {
    const visit = visits.find(request.params.visit);
    if (visit) visits.end(visit);
    void reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return reply.redirect(visit?.returnUrl ?? '/portal/signed-out', 303);
  });
  app.get('/portal/signed-out', (_request, reply) => show(reply, 200, signedOut()));
}
