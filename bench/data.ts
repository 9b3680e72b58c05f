import { Client } from 'pg';
import { ADMIN_KEY, type Contestant } from './contestants.js';
import { type Biller, CAPABILITY, TICKET } from './requests.js';

export interface Size {
  readonly billers: number;
  readonly payments: number;
}

/** What an administrator sets up, by the platform's own API. */
export async function newBiller({ url }: Contestant): Promise<Biller> {
  const admin = async <Answer>(method: string, path: string, body: object): Promise<Answer> => {
    const answer = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const guid = '5c0e7f3a-2b1d-4c8e-9f6a-7d3b1e2f4a5b';
  const partner = await admin<{ id: string }>('POST', '/partners', { name: 'Bench' });
  const { id } = await admin<{ id: string }>('POST', '/billers', {
    partnerId: partner.id,
    name: 'Bench',
    dba: 'Bench',
    billerGuid: guid,
    mode: 'test',
    portalOrigins: ['https://portal.example.com'],
    cloudPayPolicy: { pinned: { 'Customers.Invoices.TypeID': 39, PageLoadOverride: 4 }, defaults: {} },
  });
  await admin('PUT', `/billers/${id}/api-key`, { apiKey: 'pretend-api-key', force: true });
  const wanted = { name: 'bench', mode: 'test', billerId: id };
  const { key } = await admin<{ key: string }>('POST', `/partners/${partner.id}/keys`, wanted);
  return { id, guid, partnerId: partner.id, key };
}

/** The rows themselves, for what would take too long by the API. */
export class Rows {
  private constructor(
    private readonly client: Client,
    private readonly databaseUrl: string,
  ) {}

  static async open(databaseUrl: string): Promise<Rows> {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    return new Rows(client, databaseUrl);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /**
   * Billers, and their payments of the last month. One of ten payments is of the biller that is measured, the others are
   * spread over all. For the time that it takes, indexes are made after the rows, and the rows come by two connections.
   */
  async fill(biller: Biller, { billers, payments }: Size): Promise<void> {
    await this.client.query(
      `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
       select uuidv7(), $1, 'Biller ' || n, 'DBA ' || md5(n::text), gen_random_uuid(), 'test', '{"pinned":{},"defaults":{}}'
       from generate_series(1, $2::integer - 1) n`,
      [biller.partnerId, billers],
    );
    const restore = await this.withoutIndexes('payments');
    const other = await Rows.open(this.databaseUrl);
    const half = async (odd: number, { client }: Rows): Promise<void> => {
      // Their billers are there: PostgreSQL would look up each one's.
      await client.query('set session_replication_role = replica');
      await client.query(
        `with numbered as (select id, row_number() over (order by id = $1 desc) - 1 as nth from billers)
         insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, biller_reference,
           amount_due_cents, terms_digest, hosted_page_sealed, postback_url, capability_digest, opened_at, page_expires_at)
         select uuidv7(make_interval(secs => (n - $3) * 2592000.0 / $3)), b.id, $2, 'expired', 'a-' || n, 'i-' || n, 'r-' || n, 300,
           sha256(n::text::bytea), repeat('x', 180), 'https://partner.example.com/payments', sha256(('of-' || n)::bytea), now(), now()
         from generate_series(1 + $5::integer, $3::integer, 2) n
           join numbered b on b.nth = case when n % 10 = 0 then 0 else n % $4::integer end`,
        [biller.id, biller.partnerId, payments, billers, odd],
      );
      await client.query('reset session_replication_role');
    };
    await Promise.all([half(0, this), half(1, other)]).finally(() => other.close());
    await restore();
    // Now, and not in the middle of what is measured.
    await this.settle();
  }

  /** @returns what makes them anew; the primary key, which other tables refer to, stays */
  private async withoutIndexes(table: string): Promise<() => Promise<void>> {
    const { rows } = await this.client.query<{ drop: string; make: string }>(
      `select case when c.oid is null then format('drop index %s', i.indexrelid::regclass)
           else format('alter table %s drop constraint %s', i.indrelid::regclass, quote_ident(c.conname)) end as drop,
         case when c.oid is null then pg_get_indexdef(i.indexrelid)
           else format('alter table %s add constraint %s %s', i.indrelid::regclass, quote_ident(c.conname),
             pg_get_constraintdef(c.oid)) end as make
       from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
       where i.indrelid = $1::regclass and not i.indisprimary`,
      [table],
    );
    for (const { drop } of rows) await this.client.query(drop);
    return async () => {
      await this.client.query(`set maintenance_work_mem = '256MB'`);
      for (const { make } of rows) await this.client.query(make);
    };
  }

  /** Open payments that wait for their PostBacks; the partner is to be told of them at `partnerUrl`. */
  async preparePayments(biller: Biller, from: number, count: number, partnerUrl: string): Promise<void> {
    await this.client.query(
      `insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, biller_reference,
         amount_due_cents, terms_digest, hosted_page_sealed, postback_url, capability_digest, opened_at, page_expires_at)
       select encode(substr(decode(translate(replace($4, '{n}', n), '-_', '+/'), 'base64'), 1, 16), 'hex')::uuid, $1, $2, 'open', 'a-' || n, 'p-' || n, 'a-' || n || '|12570', 300, sha256(n::bytea), repeat('x', 180), $3,
         sha256(replace($4, '{n}', n)::bytea), now(), now() + interval '1 hour'
       from (select lpad(n::text, 10, '0') as n from generate_series($5::bigint, $5::bigint + $6::bigint - 1) n) numbered`,
      [biller.id, biller.partnerId, partnerUrl, CAPABILITY, from, count],
    );
    // Fewer change no plan.
    if (count >= 1_000) await this.client.query('analyze payments');
  }

  async prepareTickets(sessionId: string, from: number, count: number): Promise<void> {
    await this.client.query(
      `insert into launch_tickets (digest, session_id, redirect_id, css_url, expires_at)
       select sha256(replace($1, '{n}', lpad(n::text, 10, '0'))::bytea), $2, 3, 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
         now() + interval '1 hour'
       from generate_series($3::bigint, $3::bigint + $4::bigint - 1) n`,
      [TICKET, sessionId, from, count],
    );
  }

  /** What is enqueued from now on waits, as for a partner who is switched off. */
  async holdDeliveries(): Promise<void> {
    await this.client.query('update relay_endpoints set disabled_at = now()');
  }

  /** Forgets what waits, and lets the next ones go. */
  async dropDeliveries(): Promise<void> {
    await this.client.query(`delete from deliveries where status = 'pending'`);
    await this.client.query('update relay_endpoints set disabled_at = null');
  }

  /** Nothing waits to be delivered. */
  async isIdle(): Promise<boolean> {
    const { rows } = await this.client.query(`select from deliveries where status = 'pending' limit 1`);
    return rows.length === 0;
  }

  /** What PostgreSQL would otherwise do when it sees fit: in the middle of what is measured. */
  async settle(): Promise<void> {
    await this.client.query('vacuum (analyze) payments');
    await this.client.query('analyze');
    await this.client.query('checkpoint');
  }
}
