/**
 * The floor: what the same durable work costs with nothing around it. A payment is recorded, Invoice Cloud called, the page
 * recorded, by a bare Fastify with undici and pg; no key, no check, no seal, no log. A postback is one insert.
 */
import Fastify from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { Agent, request } from 'undici';
import { environment } from './environment.js';

interface PaymentRequest {
  readonly BillerReference: string;
  readonly Customers: readonly {
    readonly AccountNumber: string;
    readonly Invoices: readonly { readonly InvoiceNumber: string; readonly BalanceDue: number }[];
  }[];
}

const { databaseUrl, port, invoiceCloudUrl } = environment();
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
const agent = new Agent({ connections: 64, pipelining: 1 });
const app = Fastify({ logger: false });

await pool.query(
  `create table payments (id uuid primary key, account_number text not null, invoice_number text not null,
     biller_reference text, amount_due_cents bigint not null, status text not null, capability text not null,
     hosted_page text, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
   create table postbacks (id uuid primary key, capability text not null, payment_guid text, approved boolean,
     amount text, message text not null, received_at timestamptz not null default now())`,
);

app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, body),
);

app.post<{ Body: PaymentRequest }>('/payments', async ({ body }, reply) => {
  const [customer] = body.Customers;
  const [invoice] = customer?.Invoices ?? [];
  const id = randomUUID();
  const capability = randomBytes(32).toString('base64url');
  await pool.query(
    `insert into payments (id, account_number, invoice_number, biller_reference, amount_due_cents, status, capability)
     values ($1, $2, $3, $4, $5, 'opening', $6)`,
    [
      id,
      customer?.AccountNumber,
      invoice?.InvoiceNumber,
      body.BillerReference,
      (invoice?.BalanceDue ?? 0) * 100,
      capability,
    ],
  );
  const answer = await request(`${invoiceCloudUrl}/cloudpaymentsapi/v2`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Basic a2V5' },
    body: JSON.stringify({ ...body, PostBackURL: `http://127.0.0.1:${port}/postbacks/${capability}` }),
  });
  const { Data } = (await answer.body.json()) as { Data: { CloudPaymentURL: string } };
  await pool.query(`update payments set status = 'open', hosted_page = $2, updated_at = now() where id = $1`, [
    id,
    Data.CloudPaymentURL,
  ]);
  return reply.status(201).send({ id, status: 'open', cloudPaymentUrl: Data.CloudPaymentURL });
});

app.post<{ Params: { capability: string }; Body: string }>('/postbacks/:capability', async (posted, reply) => {
  const form = new URLSearchParams(posted.body);
  await pool.query(
    `insert into postbacks (id, capability, payment_guid, approved, amount, message) values ($1, $2, $3, $4, $5, $6)`,
    [
      randomUUID(),
      posted.params.capability,
      form.get('PaymentGUID'),
      form.get('Approved') === 'True',
      form.get('PaymentAmount'),
      posted.body,
    ],
  );
  return reply.status(204).send();
});

app.get('/health/ready', () => ({ status: 'ok' }));
await app.listen({ port, host: '127.0.0.1' });
