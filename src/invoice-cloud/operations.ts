/** How surely a fact about Invoice Cloud's wire is known. See docs/invoice-cloud.md. */
export type Standing =
  /** The technical design names the operation and its fields. */
  | 'documented'
  /** Seen in clients that talk to Invoice Cloud in production. */
  | 'observed'
  /** Ours, until somebody with Invoice Cloud's integration guide corrects it. */
  | 'assumed';

export interface Operation {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `key`: Basic of the API key alone. `key-colon`: Basic of the key as user name with an empty password. */
  readonly auth: 'key' | 'key-colon';
  readonly standing: { readonly path: Standing; readonly fields: Standing };
  /** Whether asking twice does no more than asking once, so that it may be repeated without knowing the first answer. */
  readonly safe: boolean;
}

/** Every operation of Invoice Cloud that we use stands here, once. Paths can be overridden: INVOICE_CLOUD_PATHS. */
export const operations = {
  /** Creates a customer and an invoice on the fly and answers the hosted page. */
  openCloudPayment: {
    name: 'openCloudPayment',
    method: 'POST',
    path: '/cloudpaymentsapi/v2',
    auth: 'key',
    standing: { path: 'observed', fields: 'documented' },
    safe: false,
  },
  /** Whether the API key works. */
  billerStatus: {
    name: 'billerStatus',
    method: 'GET',
    path: '/api/v1/biller/status',
    auth: 'key-colon',
    standing: { path: 'observed', fields: 'observed' },
    safe: true,
  },
} as const satisfies Record<string, Operation>;
