import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Pool as Database } from 'pg';
import { Pool } from 'undici';
import { capabilitiesOf } from '../../src/cloud-pay/capability.js';
import { SecretBox } from '../../src/common/secret-box.js';
import { type Books, type Entry, type Post, type Receipt, type Terms, toldOf } from './payment-model.js';
import type { About, Wire } from './payment-wire.js';
import type { Platform } from './platform.js';
import { stage } from './stage-facts.js';

/** A payment that was put into the database as an opening would have left it. */
export interface Laid {
  readonly id: string;
  readonly capability: string;
  readonly about: About;
}

interface Row {
  readonly id: string;
  readonly status: Entry['status'];
  readonly paid: number | null;
  readonly fee: number | null;
  readonly refund_due: number;
  readonly payment_guid: string | null;
  readonly review: boolean;
  readonly receipts: readonly (readonly [guid: string, cents: number, fee: number | null, refund: number])[];
  readonly kept: number;
  readonly held: number;
  readonly alerts: number;
  readonly deliveries: readonly (readonly [id: string, sealed: string])[];
}

/** Several connections to each of several processes: a message takes the next one. */
const CONNECTIONS = 8;
const PARTNER_URL = 'https://partner.example.com/log';

/** Where payments are laid out by the hundred, messages are sent over many connections, and the books are read. */
export class PaymentField {
  private readonly database: Database;
  private readonly ways: Pool[];
  private readonly box: SecretBox;
  private turn = 0;
  answered = 0;

  constructor(
    platforms: readonly Platform[],
    databaseUrl: string,
    private readonly partnerId: string,
    private readonly billerId: string,
    private readonly billerGuid: string,
  ) {
    this.database = new Database({ connectionString: databaseUrl, max: 2 });
    this.ways = platforms.map(({ url }) => new Pool(url, { connections: CONNECTIONS, pipelining: 1 }));
    const [id = '', bytes = ''] = (stage.settings['ENCRYPTION_KEYS'] ?? '').split(':');
    this.box = new SecretBox([{ id, bytes: Buffer.from(bytes, 'base64') }]);
  }

  async close(): Promise<void> {
    await Promise.all(this.ways.map((way) => way.destroy()));
    await this.database.end();
  }

  /** Switches the partner's endpoint off: what is told to it waits, where it can be read, and no worker is in the way. */
  async quiet(): Promise<void> {
    await this.database.query(
      `insert into relay_endpoints (id, partner_id, url, url_digest, disabled_at, disabled_reason)
       values (gen_random_uuid(), $1, $2, $3, now(), 'test')`,
      [this.partnerId, PARTNER_URL, createHash('sha256').update(PARTNER_URL).digest()],
    );
  }

  /** Puts the payments of several cases there at once; those of one case share their PaymentGUIDs and their account. */
  async lay(cases: readonly { readonly terms: readonly Terms[]; readonly guids: number }[]): Promise<Laid[][]> {
    const rows: object[] = [];
    const laid = cases.map(({ terms, guids: howMany }) => {
      const key = randomUUID();
      const guids = Array.from({ length: howMany }, () => randomUUID());
      return terms.map(({ invoice, due, inParts, minimum, subtracted, start }) => {
        const id = randomUUID();
        const capability = this.capabilityOf(id, rows.length % 4);
        const about = { billerGuid: this.billerGuid, invoiceNumber: `${key}-${invoice}`, reference: key, guids };
        const digest = createHash('sha256').update(capability).digest('hex');
        const { invoiceNumber } = about;
        rows.push({ id, key, digest, invoiceNumber, due, inParts, minimum, subtracted, start });
        return { id, capability, about };
      });
    });
    await this.database.query(
      `insert into payments (id, biller_id, partner_id, postback_url, status, account_number, invoice_number,
         biller_reference, amount_due_cents, allow_partial, minimum_due_cents, subtracted_cents,
         capability_digest)
       select r.id, $2, $3, $4, r.start, r.key, r."invoiceNumber", r.key, r.due, r."inParts", r.minimum,
         r.subtracted,
         decode(r.digest, 'hex')
       from jsonb_to_recordset($1) as r (id uuid, start text, key text, "invoiceNumber" text, due bigint,
         "inParts" boolean, minimum bigint, subtracted bigint, digest text)`,
      [JSON.stringify(rows), this.billerId, this.partnerId, PARTNER_URL],
    );
    return laid;
  }

  /** Of every form that there has been: without the payment's id, which takes the other way to it; without a stamp; with both. */
  private capabilityOf(id: string, form: number): string {
    if (form === 3) return randomBytes(32).toString('base64url');
    const named = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), randomBytes(32)]);
    return form === 2 ? named.toString('base64url') : capabilitiesOf(this.box).make(id);
  }

  /** @returns the status answered; a process that is gone is asked no more, and the message is sent to another */
  async send(capability: string | null, wire: Wire): Promise<number> {
    const path = `/postbacks/${capability ?? randomBytes(32).toString('base64url')}`;
    for (;;) {
      const [way] = this.ways.slice(this.turn++ % this.ways.length);
      if (!way) throw new Error('no platform is left');
      try {
        const { statusCode, body } = await way.request({
          method: 'POST',
          path: wire.query === '' ? path : `${path}?${wire.query}`,
          headers: wire.contentType === '' ? {} : { 'content-type': wire.contentType },
          body: wire.body,
        });
        await body.dump();
        this.answered += 1;
        return statusCode;
      } catch (error) {
        const gone = this.ways.indexOf(way);
        if (gone >= 0) this.ways.splice(gone, 1);
        if (this.ways.length === 0) throw error;
      }
    }
  }

  /** The books as they are now, as the model writes them; a case's own PaymentGUIDs by their numbers. */
  async read(laid: readonly (readonly Laid[])[]): Promise<Books['entries'][]> {
    const { rows } = await this.database.query<Row>(
      `select p.id, p.status, p.amount_paid_cents::float8 as paid, p.fee_cents::float8 as fee,
         p.refund_due_cents::float8 as refund_due, p.payment_guid, p.needs_review as review,
         coalesce((select json_agg(json_build_array(r.payment_guid, r.amount_cents, r.fee_cents, r.refund_cents))
           from receipts r where r.payment_id = p.id), '[]') as receipts,
         (select count(*)::int from postbacks b where b.payment_id = p.id) as kept,
         (select count(*)::int from postbacks b where b.payment_id = p.id and b.verdict = 'held') as held,
         (select count(*)::int from payment_events e where e.payment_id = p.id and e.type = 'payment.alert') as alerts,
         coalesce((select json_agg(json_build_array(d.id, d.body_sealed) order by d.sequence)
           from deliveries d where d.subject_id = p.id), '[]') as deliveries
       from payments p where p.id = any($1)`,
      [laid.flat().map(({ id }) => id)],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return laid.map((payments) => payments.map((payment) => this.entryOf(payment, byId.get(payment.id))));
  }

  /** PaymentGUIDs that stand in more than one receipt. */
  async doubled(): Promise<number> {
    const { rows } = await this.database.query(
      `select 1 from receipts group by biller_id, payment_guid having count(*) > 1`,
    );
    return rows.length;
  }

  private entryOf({ id, about }: Laid, row: Row | undefined): Entry {
    if (!row) throw new Error(`payment ${id} is gone`);
    const numberOf = (guid: string): number => about.guids.indexOf(guid.replaceAll(/[{}]/g, '').toLowerCase());
    const receipts = row.receipts.map(([guid, cents, fee, refund]): Receipt => ({
      guid: numberOf(guid),
      cents,
      fee,
      refund,
    }));
    const told = row.deliveries.map(([deliveryId, sealed], index) => {
      const form = new URLSearchParams(this.box.open(sealed, deliveryId, 'body'));
      const said = new Map([...form].map(([name, value]) => [name.toLowerCase(), value]));
      if (said.get('billbridgepaymentid') !== id) throw new Error('the partner was told of another payment');
      if (said.get('billbridgesequence') !== String(index + 1)) throw new Error('a number is missing');
      const approved = said.get('approved')?.toLowerCase() === 'true';
      return toldOf(said.get('billbridgestatus') ?? '', numberOf(said.get('paymentguid') ?? ''), approved);
    });
    return {
      status: row.status,
      paid: row.paid,
      fee: row.fee,
      refundDue: row.refund_due,
      first: row.payment_guid === null ? null : numberOf(row.payment_guid),
      receipts: receipts.sort((one, other) => one.guid - other.guid),
      review: row.review,
      kept: row.kept,
      held: row.held,
      alerts: row.alerts,
      told,
    };
  }
}

/** What is under way at the same moment. */
export type Batch = readonly { readonly post: Post; readonly wire: Wire }[];
