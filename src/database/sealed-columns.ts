/** A column of sealed values, and to what each is bound (see SecretBox). */
export interface SealedColumn {
  readonly table: string;
  readonly key: readonly string[];
  readonly column: string;
  /** SQL of the owner's id. */
  readonly owner: string;
  /** SQL of the field's name. */
  readonly field: string;
}

const byId = (table: string, column: string, field: string): SealedColumn => ({
  table,
  key: ['id'],
  column,
  owner: 'id',
  field: `'${field}'`,
});

/** Every column that holds sealed values. A test compares it with the schema. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'webhook_secrets', key: ['id'], column: 'sealed', owner: 'partner_id', field: `'webhook-secret'` },
  {
    table: 'invoice_cloud_keys',
    key: ['id'],
    column: 'sealed',
    owner: 'biller_id',
    field: `'invoice-cloud-' || kind`,
  },
  byId('payments', 'hosted_page_sealed', 'hosted-page'),
  {
    table: 'idempotency_keys',
    key: ['partner_id', 'biller_id', 'key'],
    column: 'answer_sealed',
    owner: 'payment_id',
    field: `'idempotent-answer'`,
  },
  byId('postbacks', 'raw_sealed', 'raw'),
  byId('deliveries', 'body_sealed', 'body'),
  {
    table: 'delivery_attempts',
    key: ['delivery_id', 'number'],
    column: 'answer_sealed',
    owner: 'delivery_id',
    field: `'answer-' || number`,
  },
  byId('sso_sessions', 'email_sealed', 'email'),
  byId('sso_sessions', 'token_sealed', 'token'),
  byId('credential_changes', 'account_sealed', 'account'),
  byId('credential_changes', 'email_sealed', 'email'),
  byId('credential_changes', 'new_email_sealed', 'new-email'),
  byId('credential_changes', 'new_password_sealed', 'new-password'),
];
