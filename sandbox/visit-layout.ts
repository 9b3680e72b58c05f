import { alertBox, html, layout, statusBox, type Html } from './html.js';
import type { PageName, Visit } from './visits.js';

/** One page of a visit, without what stands around it. */
export interface Section {
  readonly name: PageName;
  readonly heading: string;
  readonly main: Html;
}

const TABS: readonly (readonly [PageName, string])[] = [
  ['bills', 'Bills'],
  ['scheduled', 'Scheduled payments'],
  ['autopay', 'AutoPay'],
  ['paperless', 'Paperless'],
  ['payment-options', 'Payment methods'],
];

export function visitPath({ id }: Visit, page: PageName): string {
  return `/portal/session/${id}/${page}`;
}

/** The page with its tabs, the sign-out button and what the last form came to. */
export function visitLayout(visit: Visit, { name, heading, main }: Section, problem?: string): string {
  const { notice } = visit;
  visit.notice = undefined;
  return layout(
    heading,
    visit.biller.settings.dba,
    html`${alertBox(problem)} ${statusBox(notice)} ${main}
      <p class="note">Signed in as ${visit.user.email}. The password is changed where you signed in, not here.</p>`,
    { stylesheet: visit.stylesheet, framed: visit.viewMode === 1, navigation: navigation(visit, name) },
  );
}

function navigation(visit: Visit, current: PageName): Html {
  const { returnUrl, siteName, biller } = visit;
  const leavesFrame = returnUrl !== undefined && visit.viewMode === 1 && !biller.settings.returnInFrame;
  const title = returnUrl === undefined ? 'Sign out' : `Sign out and Return to ${siteName}`;
  return html`<nav class="tabs" aria-label="Customer portal">
    ${TABS.map(
      ([page, label]) =>
        html`<a href="${visitPath(visit, page)}" ${page === current && html`aria-current="page"`}>${label}</a> `,
    )}
    <a
      class="sign-out"
      href="/portal/session/${visit.id}/sign-out"
      title="${title}"
      ${leavesFrame && html`target="_top"`}
      rel="noreferrer"
      >${title}</a
    >
  </nav>`;
}

export function noSuchVisit(): string {
  return layout(
    'Please sign in again',
    'Invoice Cloud sandbox',
    html`<p class="card">This visit has ended or never was. Go back and open the page again.</p>`,
  );
}

export function signedOut(): string {
  return layout('You are signed out', 'Invoice Cloud sandbox', html`<p class="card">You can close this page now.</p>`);
}
