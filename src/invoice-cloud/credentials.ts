/** Whose call it is and where it goes: what breaker, bulkhead and limit go by. */
export interface BillerAtInvoiceCloud {
  readonly billerId: string;
  /** The biller's own Invoice Cloud, where it is not the platform's. */
  readonly url: string | undefined;
  /** At most so many calls a second, of all processes together; null: no limit. */
  readonly outboundPerSecond: number | null;
}

/** In whose name Invoice Cloud is asked. An argument of every call, never state. */
export interface BillerCredentials extends BillerAtInvoiceCloud {
  readonly apiKey: string;
}

/** For the SOAP services, which take no API key. */
export interface InquiryCredentials extends BillerAtInvoiceCloud {
  readonly billerGuid: string;
  readonly webServiceKey: string;
}
