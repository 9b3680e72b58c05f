/** What a biller is made of, as the control API takes it. Money in cents. */
export interface BillerSettings {
  readonly guid: string;
  readonly apiKey: string;
  readonly name: string;
  /** "Doing business as": the name that payers see. */
  readonly dba: string;
  readonly serviceFeeCents: number;
}

/**
 * The billers that every sandbox starts with. Their API keys have the form seen in the field (long base64 with `/`, `+`
 * and `=`), are public on purpose, and say so when decoded.
 */
export const PRESETS: readonly BillerSettings[] = [
  {
    guid: '1ead5000-0000-4000-8000-000000000001',
    apiKey:
      'QmlsbGJyaWRnZSBzYW5kYm94IGRlbW8ga2V5OiBMZWFkc09ubGluZSBEZW1vLiBJdCBvcGVucyBubyByZWFsIGRvb3IsIG1vdmVzIG5vIG1vbmV5LiA+Pj4/Pz8=',
    name: 'LeadsOnline Demo',
    dba: 'Sampleton Police Department',
    serviceFeeCents: 0,
  },
  {
    guid: '36036000-0000-4000-8000-000000000002',
    apiKey:
      'QmlsbGJyaWRnZSBzYW5kYm94IGRlbW8ga2V5OiBNeTM2MCBEZW1vIFV0aWxpdHkuIEl0IG9wZW5zIG5vIHJlYWwgZG9vciwgbW92ZXMgbm8gbW9uZXkuID4+Pj8/Pw==',
    name: 'My360 Demo Utility',
    dba: 'Sampleton Water',
    serviceFeeCents: 0,
  },
];
