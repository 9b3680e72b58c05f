import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

const PARTNER = '11111111-1111-4111-8111-111111111111';
const BILLER = '22222222-2222-4222-8222-222222222222';

/** A partner and a biller, in the columns that every release since the first has. */
export async function plant(client: Client): Promise<void> {
  await client.query(`insert into partners (id, name) values ($1, 'p')`, [PARTNER]);
  await client.query(
    `insert into billers (id, partner_id, name, dba, biller_guid, mode, cloud_pay_policy)
     values ($1, $2, 'b', 'd', $1, 'test', '{"pinned":{},"defaults":{}}')`,
    [BILLER, PARTNER],
  );
}

/** Payments as processes of the release before write them: one statement after the other, and in transactions. */
export class SchemaLoad {
  private stopped = false;
  private readonly loops: Promise<void>[] = [];
  private readonly clients: Client[] = [];
  readonly failures: string[] = [];
  done = 0;

  /** @param lockWaitMs a statement that waits longer for a lock fails, by PostgreSQL's own clock */
  constructor(
    private readonly url: string,
    private readonly lockWaitMs: number,
  ) {}

  async start(clients: number): Promise<void> {
    for (let n = 0; n < clients; n += 1) {
      const client = new Client({ connectionString: this.url, application_name: 'load of the test' });
      await client.connect();
      await client.query(`set lock_timeout = ${this.lockWaitMs}`);
      this.clients.push(client);
      this.loops.push(this.loop(client, n % 2 === 0));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
    await Promise.all(this.clients.map((client) => client.end()));
  }

  private async loop(client: Client, inTransactions: boolean): Promise<void> {
    while (!this.stopped) {
      try {
        if (inTransactions) await client.query('begin');
        await this.payment(client);
        if (inTransactions) await client.query('commit');
        this.done += 1;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        this.failures.push(`${code} ${message}`);
        if (inTransactions) await client.query('rollback');
      }
    }
  }

  private async payment(client: Client): Promise<void> {
    const id = randomUUID();
    await client.query(
      `insert into payments (id, biller_id, partner_id, status, account_number, invoice_number, capability_digest)
       values ($1, $2, $3, 'opening', 'a', $4::text, sha256($4::text::bytea))`,
      [id, BILLER, PARTNER, id],
    );
    await client.query(
      `insert into payment_events (id, payment_id, type, data) values (gen_random_uuid(), $1, 'payment.opening', '{}')`,
      [id],
    );
    await client.query(
      `insert into idempotency_keys (partner_id, biller_id, key, fingerprint, payment_id, locked_until)
       values ($1, $2, $3, '', $4, now())`,
      [PARTNER, BILLER, id, id],
    );
    await client.query(`update payments set status = 'open', updated_at = now() where id = $1`, [id]);
    await client.query('select count(*) from receipts where payment_id = $1', [id]);
  }
}
