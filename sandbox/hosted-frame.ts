import { html, layout, type Frame, type Html } from './html.js';
import type { HostedPage } from './biller.js';

/** What stands around a hosted page, as its request asked. */
export function frameOf({ viewMode, stylesheet }: Pick<HostedPage, 'viewMode' | 'stylesheet'>): Frame {
  return { framed: viewMode === 1, stylesheet };
}

export function pagePath({ token }: HostedPage): string {
  return `/portal/cloudpay/${token}`;
}

/** A page beside the cart, with the way back to it. */
export function asidePage(page: HostedPage, heading: string, main: Html): string {
  return layout(
    heading,
    page.biller.settings.dba,
    html`${main}
      <p class="no-print"><a href="${pagePath(page)}">Back to the cart</a></p>`,
    frameOf(page),
  );
}
