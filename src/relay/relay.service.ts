import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { newId } from '../common/id.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import { BODY } from './attempts.js';
import { IS_PENDING } from './delivery-queue.js';
import { Delivery, type DeliveryStatus } from './delivery.entity.js';
import { endpointUrlOf } from './endpoint.entity.js';
import { WakeUp } from './wake-up.js';

/** How long a later delivery waits at most for an earlier one of its subject. */
const HELD_MINUTES = 10;

export interface NewDelivery {
  readonly partnerId: string;
  /** What it is about. Its deliveries are numbered and go out in order. */
  readonly subjectId: string;
  /** Whose subject it is; without it, no partner key sees the delivery, administrators alone. */
  readonly billerId?: string | undefined;
  readonly url: string;
  readonly contentType: string;
  /** Makes the body from the delivery's number within its subject (1, 2, 3 …). */
  readonly body: (sequence: number) => string;
}

/** The first delivery of a subject, to be recorded by whoever records what it is about. Number 1. */
export interface FirstDelivery {
  readonly id: string;
  readonly bodySealed: string;
}

/** What we tell a partner: at least once, each subject's deliveries in order, never dropped unseen. */
@Injectable()
export class RelayService {
  constructor(
    @InjectRepository(Delivery) private readonly deliveries: Repository<Delivery>,
    private readonly box: SecretBox,
    private readonly wakeUp: WakeUp,
  ) {}

  /**
   * Records the delivery, due at once unless an earlier one of its subject is pending, in the transaction of `manager`.
   * Nobody is told of it here: a NOTIFY in a transaction takes a lock that lets one of them commit at a time, in the whole
   * cluster. Whoever has committed calls `wake`.
   */
  async enqueue(manager: EntityManager, message: NewDelivery): Promise<string> {
    if (!manager.queryRunner?.isTransactionActive) throw new Error('a delivery is enqueued inside a transaction only');
    const { partnerId, subjectId, url } = message;
    const id = newId();
    const { sequence, endpointId } = await this.number(manager, partnerId, subjectId, endpointUrlOf(url));
    const body = message.body(sequence);
    // Touching the earlier ones makes whoever records them at this moment wait, and then see that this one is there.
    await manager.query(
      `with earlier as (
         update deliveries set awaited = true where subject_id = $4 and ${IS_PENDING} returning id
       ), made as (
         insert into deliveries (id, partner_id, endpoint_id, subject_id, biller_id, sequence, url, content_type,
           body_sealed, status, held, next_attempt_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', e.pending,
           case when e.pending then now() + interval '${HELD_MINUTES} minutes' else now() end
         from (select exists (select from earlier) as pending) e
       )
       select 1`,
      [
        id,
        partnerId,
        endpointId,
        subjectId,
        message.billerId ?? null,
        sequence,
        url,
        message.contentType,
        this.box.seal(body, id, BODY),
      ],
    );
    return id;
  }

  /** For a statement that records it with something else; where its endpoint is not known yet, `enqueue` makes it. */
  first(body: NewDelivery['body']): FirstDelivery {
    const id = newId();
    return { id, bodySealed: this.box.seal(body(1), id, BODY) };
  }

  /** To be called when a transaction that enqueued something has committed; every other process looks within a second. */
  wake(): void {
    this.wakeUp.wake();
  }

  /** Deliveries about a subject, in the order in which they go out. */
  about(subjectId: string): Promise<Delivery[]> {
    return this.deliveries.find({ where: { subjectId }, order: { sequence: 'ASC' } });
  }

  /** Seconds since the oldest delivery was recorded that has not been delivered, parked ones included; null: none. */
  async oldestUndeliveredSeconds(): Promise<number | null> {
    const [row] = await this.deliveries.query<{ seconds: number }[]>(
      `select extract(epoch from now() - created_at)::float8 as seconds from (
         (select id, created_at from deliveries where status = 'pending' order by id limit 1)
         union all (select id, created_at from deliveries where status = 'parked' order by id limit 1)
       ) oldest order by id limit 1`,
    );
    return row?.seconds ?? null;
  }

  /** How many there are that have not been delivered, by an index that holds no others. */
  async countUndelivered(): Promise<Readonly<Record<Exclude<DeliveryStatus, 'delivered'>, number>>> {
    const rows = await this.deliveries.query<{ status: 'pending' | 'parked'; n: string }[]>(
      `select status, count(*) as n from deliveries where status <> 'delivered' group by status`,
    );
    const count = (status: DeliveryStatus): number => Number(rows.find((row) => row.status === status)?.n ?? 0);
    return { pending: count('pending'), parked: count('parked') };
  }

  /** The next number of the subject, and the endpoint, which is made when it is new. Locks the subject's number. */
  private async number(
    manager: EntityManager,
    partnerId: string,
    subjectId: string,
    endpointUrl: string,
  ): Promise<{ sequence: number; endpointId: string }> {
    const digest = digestOf(endpointUrl);
    const [row] = await manager.query<{ sequence: number; endpointId: string | null }[]>(
      `with numbered as (
         insert into delivery_sequences as s (subject_id, last) values ($1, 1)
         on conflict (subject_id) do update set last = s.last + 1 returning last
       )
       select last as sequence,
         (select id from relay_endpoints where partner_id = $2 and url_digest = $3) as "endpointId" from numbered`,
      [subjectId, partnerId, digest],
    );
    if (!row) throw new Error('a delivery got no number');
    if (row.endpointId) return { sequence: row.sequence, endpointId: row.endpointId };
    await manager.query(
      `insert into relay_endpoints (id, partner_id, url, url_digest) values ($1, $2, $3, $4)
       on conflict (partner_id, url_digest) do nothing`,
      [newId(), partnerId, endpointUrl, digest],
    );
    const [made] = await manager.query<{ id: string }[]>(
      `select id from relay_endpoints where partner_id = $1 and url_digest = $2`,
      [partnerId, digest],
    );
    if (!made) throw new Error('an endpoint of the relay was not made');
    return { sequence: row.sequence, endpointId: made.id };
  }
}
