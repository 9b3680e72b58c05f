import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import type { LockedPayment } from '../cloud-pay/settlement.js';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { type PostbackMessage, type RawPostback, readPostback } from './postback-message.js';
import type { Postback, PostbackVerdict } from './postback.entity.js';
import { meaningOf, paymentGuidOf } from './verdict.js';

/** Within an hour, so that a stranger can't fill the disk. */
const UNKNOWN_KEPT = 1_000;

/** A message that came in, sealed before any connection is held for it. */
export interface Received {
  readonly id: string;
  readonly source: Postback['source'];
  readonly raw: RawPostback;
  readonly message: PostbackMessage;
  readonly rawSealed: string;
  readonly meaning: Buffer;
}

/** Keeps what came, sealed, whatever the verdict. */
@Injectable()
export class PostbackRecorder {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
  ) {}

  receive(source: Postback['source'], raw: RawPostback, message: PostbackMessage): Received {
    const id = newId();
    const rawSealed = this.box.seal(JSON.stringify(raw), id, 'raw');
    return { id, source, raw, message, rawSealed, meaning: meaningOf(message, raw) };
  }

  /** A message that was kept as `receive` had sealed it. @throws SealBroken */
  reopen(id: string, rawSealed: string): Received {
    const raw = this.open({ id, rawSealed });
    const message = readPostback(raw);
    return { id, source: 'postback', raw, message, rawSealed, meaning: meaningOf(message, raw) };
  }

  open(postback: Pick<Postback, 'id' | 'rawSealed'>): RawPostback {
    return JSON.parse(this.box.open(postback.rawSealed, postback.id, 'raw')) as RawPostback;
  }

  /** @returns false when the same message was stored before: then nothing happens twice */
  async store(
    manager: EntityManager,
    payment: Pick<LockedPayment, 'id'>,
    received: Received,
    verdict: PostbackVerdict,
    reasons: readonly string[],
  ): Promise<boolean> {
    const { id, source, message, meaning, rawSealed } = received;
    const rows = await manager.query<unknown[]>(
      `insert into postbacks (id, payment_id, source, verdict, reasons, payment_guid, meaning, raw_sealed)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (payment_id, meaning) do nothing returning id`,
      [id, payment.id, source, verdict, reasons, paymentGuidOf(message), meaning, rawSealed],
    );
    return rows.length > 0;
  }

  /** What came to an address that is no payment's. Costs what a known one costs; kept for a month, and not without bound. */
  async storeUnknown(manager: EntityManager, { id, message, meaning, rawSealed }: Received): Promise<void> {
    const rows = await manager.query<unknown[]>(
      `insert into postbacks (id, verdict, reasons, payment_guid, meaning, raw_sealed)
       select $1, 'rejected', '{unknown-address}', $2, $3, $4
       where (select count(*) from postbacks
              where payment_id is null and received_at > now() - interval '1 hour') < ${UNKNOWN_KEPT}
       on conflict (meaning) where payment_id is null do nothing returning id`,
      [id, paymentGuidOf(message), meaning, rawSealed],
    );
    // Writes as much to the log and waits for the same flush, and leaves no row behind.
    if (rows.length === 0)
      await manager.query(`select pg_logical_emit_message(true, 'billbridge', $1::text)`, [rawSealed]);
  }

  /** What came to a genuine address of a payment that is not here: held for an administrator, who looks for the payment. */
  async holdWithoutPayment(
    manager: EntityManager,
    paymentId: string,
    { id, message, meaning, rawSealed }: Received,
  ): Promise<void> {
    // A stranger may have sent the same to another address before.
    await manager.query(
      `insert into postbacks (id, addressed_to, verdict, reasons, payment_guid, meaning, raw_sealed)
       values ($1, $2, 'held', '{unknown-payment}', $3, $4, $5)
       on conflict (meaning) where payment_id is null
         do update set verdict = 'held', reasons = excluded.reasons, addressed_to = excluded.addressed_to
         where postbacks.decided_at is null`,
      [id, paymentId, paymentGuidOf(message), meaning, rawSealed],
    );
  }

  /** Of what no message itself is to blame for. */
  async countHeld(): Promise<{ notRecordable: number; unknownPayment: number }> {
    const [counts] = await this.dataSource.query<[{ notRecordable: number; unknownPayment: number }]>(
      `select count(*) filter (where 'not-recordable' = any(reasons))::int as "notRecordable",
         count(*) filter (where 'unknown-payment' = any(reasons))::int as "unknownPayment"
       from postbacks where verdict = 'held'`,
    );
    return counts;
  }

  async forgetUnknown(): Promise<void> {
    await this.dataSource.query(
      `delete from postbacks where payment_id is null and verdict <> 'held' and received_at < now() - interval '30 days'`,
    );
  }
}
