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
}

export const TOKEN_LIFE_SECONDS = 1200;

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
    tokenLifeSeconds: TOKEN_LIFE_SECONDS,
    personas: true,
  },
  {
    guid: '36036000-0000-4000-8000-000000000002',
    apiKey:
      'QmlsbGJyaWRnZSBzYW5kYm94IGRlbW8ga2V5OiBNeTM2MCBEZW1vIFV0aWxpdHkuIEl0IG9wZW5zIG5vIHJlYWwgZG9vciwgbW92ZXMgbm8gbW9uZXkuID4+Pj8/Pw==',
    name: 'My360 Demo Utility',
    dba: 'Sampleton Water',
    serviceFeeCents: 0,
    tokenLifeSeconds: TOKEN_LIFE_SECONDS,
    personas: true,
  },
];
