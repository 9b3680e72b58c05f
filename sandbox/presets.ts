/** What a biller is made of, as the control API takes it. Money in cents. */
export interface BillerSettings {
  readonly guid: string;
  readonly apiKey: string;
  readonly name: string;
  /** "Doing business as": the name that payers see. */
  readonly dba: string;
  readonly serviceFeeCents: number;
  /** How long a RemoteAuthenticationToken lives. Not known of Invoice Cloud; 1200 unless a test says otherwise. */
  readonly tokenLifeSeconds: number;
  /** Whether the invented customers of personas.ts are its customers. */
  readonly personas: boolean;
  /** Setting 36, "SSO - One Time Payment ReturnUrl" (documented): where the Virtual Site's receipt leads. */
  readonly oneTimePaymentReturnUrl?: string;
  /** The WebServiceKey of the SOAP services; absent: they refuse every call. */
  readonly webServiceKey?: string;
  /** Whether SOAP finds invoices that Cloud Payments requests made. Not known of Invoice Cloud. */
  readonly soapSeesCloudPayments: boolean;
  /** Whether a partial payment may be more than what is owed. */
  readonly allowOverpayment: boolean;
  /** Takes money again for an invoice that is paid, as two windows at the real Invoice Cloud might. */
  readonly doubleCharge: boolean;
  /**
   * With ViewMode 1, whether a ReturnURL is opened within the iframe, where it is reported not to work, or takes the whole window.
   * Not known of Invoice Cloud: a portal must stand both.
   */
  readonly returnInFrame: boolean;
  /** How long a hosted page opened from now on takes money; absent: for ever. Not known of Invoice Cloud. */
  readonly pageSeconds?: number;
  /** Milliseconds to wait before each further try of a PostBack that was not answered 2xx. Not known of Invoice Cloud. */
  readonly postbackRetries: readonly number[];
}

/** What a biller is unless a test says otherwise. */
export const BILLER_DEFAULTS = {
  serviceFeeCents: 0,
  tokenLifeSeconds: 1200,
  personas: false,
  soapSeesCloudPayments: true,
  allowOverpayment: false,
  doubleCharge: false,
  returnInFrame: true,
  postbackRetries: [],
} as const;

/**
 * The billers that every sandbox starts with. Their web service keys are invented words; their API keys have the form seen in the field (long base64 with `/`, `+`
 * and `=`), are public on purpose, and say so when decoded.
 */
export const PRESETS: readonly BillerSettings[] = [
  {
    ...BILLER_DEFAULTS,
    guid: '1ead5000-0000-4000-8000-000000000001',
    apiKey:
      'QmlsbGJyaWRnZSBzYW5kYm94IGRlbW8ga2V5OiBMZWFkc09ubGluZSBEZW1vLiBJdCBvcGVucyBubyByZWFsIGRvb3IsIG1vdmVzIG5vIG1vbmV5LiA+Pj4/Pz8=',
    webServiceKey: 'LeadsOnline-Demo-opens-no-real-door',
    name: 'LeadsOnline Demo',
    dba: 'Sampleton Police Department',
    personas: true,
  },
  {
    ...BILLER_DEFAULTS,
    guid: '36036000-0000-4000-8000-000000000002',
    apiKey:
      'QmlsbGJyaWRnZSBzYW5kYm94IGRlbW8ga2V5OiBNeTM2MCBEZW1vIFV0aWxpdHkuIEl0IG9wZW5zIG5vIHJlYWwgZG9vciwgbW92ZXMgbm8gbW9uZXkuID4+Pj8/Pw==',
    webServiceKey: 'My360-Demo-opens-no-real-door',
    name: 'My360 Demo Utility',
    dba: 'Sampleton Water',
    personas: true,
  },
];
