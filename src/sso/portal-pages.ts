/** Our names of the pages, and their RedirectID (documented). */
export const PORTAL_PAGES = {
  'recent-bills': 1,
  paperless: 2,
  autopay: 3,
  'payment-options': 5,
  'scheduled-payments': 9,
} as const;

export type PortalPage = keyof typeof PORTAL_PAGES;

/** The style sheet of Invoice Cloud's own that the design names. */
export const INVOICE_CLOUD_CSS = 'https://www.invoicecloud.com/ssotest/sso-gmp.css';
