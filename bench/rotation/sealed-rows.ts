import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { type EncryptionKey, SecretBox } from '../../src/common/secret-box.js';

const PARTNER = randomUUID();
const BILLER = randomUUID();
const ENDPOINT = randomUUID();
/** Of a statement: each makes four values a payment. */
const PAYMENTS = 500;

/** Bytes, as a day of the sandbox leaves them. */
const SIZES = { page: 90, raw: 520, body: 640, answer: 40 };

/**
 * Fills a database with sealed values: of each payment its hosted page, one PostBack, one delivery, and one attempt at it.
 * @returns how many values
 */
export async function sealRows(databaseUrl: string, key: EncryptionKey, values: number): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`insert into partners (id, name) values ($1, 'p')`, [PARTNER]);
    await client.query(
      `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
       values ($1, $2, 'b', 'd', $1, 'test', '{"pinned":{},"defaults":{}}')`,
      [BILLER, PARTNER],
    );
    await client.query(
      `insert into relay_endpoints (id, partner_id, url, url_digest)
       values ($1, $2, 'https://partner.example/', sha256('https://partner.example/'))`,
      [ENDPOINT, PARTNER],
    );
    const box = new SecretBox([key]);
    const payments = Math.ceil(values / 4);
    for (let from = 0; from < payments; from += PAYMENTS) {
      await insert(client, box, from, Math.min(PAYMENTS, payments - from));
    }
    await client.query('vacuum (analyze)');
    return payments * 4;
  } finally {
    await client.end();
  }
}

const text = (bytes: number): string =>
  randomBytes(Math.ceil(bytes / 2))
    .toString('hex')
    .slice(0, bytes);

/** As the platform's: a time in front, so that what was made together lies together. */
const idOf = (n: number): string => {
  const time = (1_760_000_000_000 + n).toString(16).padStart(12, '0');
  const rest = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
};

async function insert(client: Client, box: SecretBox, from: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, n) => idOf(from + n));
  const seal = (field: string, bytes: number): string[] => ids.map((id) => box.seal(text(bytes), id, field));
  await client.query(
    `with given as (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
       as g (id, page, raw, body, answer)),
     p as (insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, capability_digest,
         hosted_page_sealed)
       select id, $6, $7, 'open', 'a', id::text, sha256(id::text::bytea), page from given),
     b as (insert into postbacks (id, payment_id, source, verdict, reasons, meaning, raw_sealed)
       select id, id, 'postback', 'verified', '{}', sha256(id::text::bytea), raw from given),
     d as (insert into deliveries (id, partner_id, biller_id, subject_id, sequence, endpoint_id, url, content_type, status,
         body_sealed, delivered_at)
       select id, $7, $6, id, 1, $8, 'https://partner.example/', 'application/x-www-form-urlencoded', 'delivered', body, now()
       from given)
     insert into delivery_attempts (delivery_id, number, at, ms, status, answer_sealed)
     select id, 1, now(), 20, 200, answer from given`,
    [
      ids,
      seal('hosted-page', SIZES.page),
      seal('raw', SIZES.raw),
      seal('body', SIZES.body),
      seal('answer-1', SIZES.answer),
      BILLER,
      PARTNER,
      ENDPOINT,
    ],
  );
}
