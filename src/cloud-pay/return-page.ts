import { type Html, html } from '../common/html.js';
import type { Page } from '../common/page.js';
import type { Problem } from '../common/problem.js';
import { DatabaseUnavailable } from '../database/unavailable.js';
import type { SeenWayBack } from './return-pages.js';

/** Seconds. */
const LOOK_AGAIN = 5;
/** Long enough to read what the page says. Milliseconds. */
const READ_MS = 8_000;

/**
 * Tells the window that frames the page and the one that opened it, each only if it is the portal. Alone in its window,
 * the page has nobody to tell and goes on by itself; otherwise the link leaves the frame.
 */
const tell = (goOn: string): string => `const link = document.querySelector('a');
const message = { type: 'billbridge:return', paymentId: link.dataset.payment || null };
const others = [window.parent, window.opener].filter((other) => other && other !== window);
for (const other of others) other.postMessage(message, link.dataset.portal);
if (others.length === 0) ${goOn}`;

const GO_ON = tell('location.replace(link.href)');
const GO_ON_LATER = tell(`setTimeout(() => location.replace(link.href), ${READ_MS})`);

/** Says no more than is known: the report may be of a card that was declined. */
const BEING_RECORDED = html`<p>
    <strong>The report of your payment was received and is being recorded.</strong> This can take a few minutes. Until then
    the bill may still look unpaid.
  </p>
  <p>Please do not pay again.</p>`;

/** The page of a way back. Without the database nobody knows which portal it is of: then any may show it, and it can't be clicked. */
export function returnPage(seen: SeenWayBack | 'received'): Page {
  if (seen === 'received') {
    return {
      title: 'Your payment is being recorded',
      body: html`${BEING_RECORDED}
        <p>You can close this page. It looks again by itself.</p>`,
      refreshSeconds: LOOK_AGAIN,
      frameAncestors: ['*'],
      formAction: `'none'`,
    };
  }
  return {
    title: seen.beingRecorded ? 'Your payment is being recorded' : `Back to ${seen.dba}`,
    body: html`${
      seen.beingRecorded
        ? BEING_RECORDED
        : html`<p>You have left the payment pages. If nothing happens, go on by the link.</p>`
    }
    ${linkOf(seen)}`,
    script: seen.beingRecorded ? GO_ON_LATER : GO_ON,
    frameAncestors: [seen.portalOrigin],
    formAction: `'none'`,
  };
}

/** While the database is away: what the payer wants to know can't be told. */
export function notKnownPage({ code }: Problem): Partial<Page> {
  if (code !== DatabaseUnavailable.code) return {};
  return {
    title: 'We can’t tell right now',
    body: html`<p>
        Right now we can’t look up whether your payment was received.
        <strong>If you have paid, please do not pay again.</strong>
      </p>
      <p>This page looks again by itself every ${LOOK_AGAIN} seconds. You can also close it and look later.</p>`,
    refreshSeconds: LOOK_AGAIN,
  };
}

const linkOf = ({ returnUrl, portalOrigin, paymentId }: SeenWayBack): Html =>
  html`<p>
    <a
      href="${returnUrl}"
      target="_top"
      rel="noreferrer"
      data-portal="${portalOrigin}"
      data-payment="${paymentId ?? ''}"
      >Continue to ${new URL(returnUrl).host}</a
    >
  </p>`;
