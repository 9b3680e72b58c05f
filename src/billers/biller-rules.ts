import { type FieldError, InvalidRequest } from '../common/platform-error.js';
import { refuseUrl, type UrlPolicy } from '../common/outbound-url.js';
import type { Biller } from './biller.entity.js';

/** What an administrator says about a biller. */
export type BillerFacts = Pick<
  Biller,
  | 'name'
  | 'dba'
  | 'billerGuid'
  | 'mode'
  | 'invoiceCloudUrl'
  | 'cloudPayPolicy'
  | 'portalOrigins'
  | 'returnOrigins'
  | 'cssOrigins'
  | 'cssUrl'
  | 'virtualSiteUrl'
  | 'ssoTokenSeconds'
  | 'outboundPerSecond'
  | 'askInvoiceStatus'
  | 'hostedPageSeconds'
>;

export const FACTS = [
  'name',
  'dba',
  'billerGuid',
  'mode',
  'invoiceCloudUrl',
  'cloudPayPolicy',
  'portalOrigins',
  'returnOrigins',
  'cssOrigins',
  'cssUrl',
  'virtualSiteUrl',
  'ssoTokenSeconds',
  'outboundPerSecond',
  'askInvoiceStatus',
  'hostedPageSeconds',
] as const satisfies readonly (keyof BillerFacts)[];

export const factsOf = (biller: BillerFacts): BillerFacts =>
  Object.fromEntries(FACTS.map((name) => [name, biller[name]])) as unknown as BillerFacts;

/** Of a biller that says nothing about them. */
export const NO_FACTS = {
  invoiceCloudUrl: null,
  cloudPayPolicy: { pinned: {}, defaults: {} },
  portalOrigins: [],
  returnOrigins: [],
  cssOrigins: [],
  cssUrl: null,
  virtualSiteUrl: null,
  ssoTokenSeconds: null,
  outboundPerSecond: null,
  askInvoiceStatus: false,
  hostedPageSeconds: null,
} as const satisfies Partial<BillerFacts>;

/** @returns what is wrong with the URLs and origins among the facts */
export function factErrors(facts: BillerFacts, policy: UrlPolicy): FieldError[] {
  const urls = (['invoiceCloudUrl', 'cssUrl', 'virtualSiteUrl'] as const).flatMap((field) => {
    const url = facts[field];
    const refused = url === null ? undefined : refuseUrl(url, policy);
    return refused ? [{ field, reason: refused }] : [];
  });
  const origins = (['portalOrigins', 'returnOrigins', 'cssOrigins'] as const).flatMap((field) =>
    facts[field].flatMap((origin, index) => {
      const refused = refuseUrl(origin, policy) ?? refuseMoreThanOrigin(origin);
      return refused ? [{ field: `${field}[${index}]`, reason: refused }] : [];
    }),
  );
  return [...urls, ...origins];
}

/** @throws InvalidRequest */
export function checkFacts(facts: BillerFacts, policy: UrlPolicy): void {
  const errors = factErrors(facts, policy);
  if (errors.length > 0) throw InvalidRequest.of(errors);
}

/** An origin goes into a Content-Security-Policy as it stands, so nothing but an origin may. */
const refuseMoreThanOrigin = (text: string): string | undefined =>
  new URL(text).origin === text ? undefined : `must be an origin alone, such as ${new URL(text).origin}`;
