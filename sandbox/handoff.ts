import type { FastifyInstance } from 'fastify';
import { Refusal, WireObject } from './fields.js';
import { html, layout } from './html.js';
import { formIn, show } from './portal.js';
import { hasPlainHost, usableStylesheet } from './stylesheet.js';
import { PAGES, tokenHolder, type Visits } from './visits.js';
import type { Store } from './store.js';

/**
 * Cloud SSO Connect: My360's page posts here, and the payer is in the portal. The six fields and what they do are
 * documented, the path is assumed.
 */
export function handoff(app: FastifyInstance, store: Store, visits: Visits): void {
  app.post<{ Body: unknown }>('/portal/cloudsso', (request, reply) => {
    const form = formIn(request);
    try {
      const fields = WireObject.of(Object.fromEntries(form));
      const holder = tokenHolder(store, fields.text('RemoteAuthenticationToken') ?? '');
      if (!holder) return show(reply, 401, notSignedIn());
      const { page, viewMode } = readPage(fields);
      const asked = {
        viewMode,
        stylesheet: stylesheetOf(fields),
        returnUrl: fields.url('ReturnUrl'),
        siteName: fields.text('CustomReturnSiteName')?.trim() || holder.biller.settings.dba,
      };
      return reply.redirect(`/portal/session/${visits.begin({ ...holder, ...asked }).id}/${page}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return show(reply, 400, badRequest(error.message));
    }
  });
}

function readPage(fields: WireObject) {
  const viewMode = fields.requiredText('ViewMode');
  if (viewMode !== '0' && viewMode !== '1') throw new Refusal('ViewMode must be 0 or 1.');
  const redirectId = fields.requiredText('RedirectID');
  const page = Object.entries(PAGES).find(([id]) => id === redirectId)?.[1];
  if (!page) throw new Refusal(`RedirectID must be one of ${Object.keys(PAGES).join(', ')}.`);
  return { page, viewMode: viewMode === '0' ? (0 as const) : (1 as const) };
}

/** What may not be loaded is left out; a host name that could extend the page's policy is refused. */
function stylesheetOf(fields: WireObject): string | undefined {
  const url = fields.url('CSSUrl');
  if (url !== undefined && !hasPlainHost(new URL(url))) throw new Refusal('CSSUrl is not a URL.');
  return usableStylesheet(url);
}

function notSignedIn(): string {
  return layout(
    'Please sign in again',
    'Invoice Cloud sandbox',
    html`<p class="card">The sign-in has expired or is not known here. Go back and sign in again.</p>`,
  );
}

function badRequest(message: string): string {
  return layout('This page could not be opened', 'Invoice Cloud sandbox', html`<p class="card">${message}</p>`);
}
