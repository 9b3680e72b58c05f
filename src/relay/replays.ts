import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Repository } from 'typeorm';
import { InvalidRequest } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { type DeliveryFilter, narrow, type Reach } from './delivery-filter.js';
import { Delivery, type DeliveryStatus } from './delivery.entity.js';
import type { ReplayView } from './delivery.view.js';
import { DeliveryNotFound, TooManyReplays } from './errors.js';
import { CHANNEL } from './wake-up.js';

/** A partner whose replays would begin later than that is asked to come back. */
const MOST_WAIT_SECONDS = 3_600;

/** Where it is kept up to when a partner's replays go out. */
const UNTIL = { live: 'replays_until', test: 'test_replays_until' } as const;

export interface ReplayQuery extends DeliveryFilter {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * Sends deliveries again, under the same webhook-id and number, so that who has them drops them. Each partner's replays
 * go out one after the other, RELAY_REPLAYS_PER_MINUTE, whoever asked for them and on whichever process; those of test
 * billers and those of live ones apart, so that a test keeps no payment waiting.
 */
@Injectable()
export class Replays {
  constructor(
    @InjectRepository(Delivery) private readonly deliveries: Repository<Delivery>,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async count(reach: Reach | null, filter: DeliveryFilter): Promise<ReplayView> {
    refuseBoundless(filter);
    const select = this.deliveries.createQueryBuilder('d');
    narrow(select, reach, filter);
    return { matching: await select.getCount(), replayed: 0, lastStartsAt: null, nextCursor: null };
  }

  /** @throws DeliveryNotFound, TooManyReplays */
  async one(manager: EntityManager, reach: Reach | null, id: string): Promise<{ before: DeliveryStatus }> {
    const select = manager.createQueryBuilder(Delivery, 'd').where('d.id = :id', { id });
    narrow(select, reach, {});
    const delivery = await select.setLock('for_no_key_update').getOne();
    if (!delivery) throw new DeliveryNotFound('Check the id; delivered and parked ones are forgotten after 30 days.');
    await this.scheduleAll(manager, [delivery]);
    await manager.query(`select pg_notify('${CHANNEL}', '')`);
    return { before: delivery.status };
  }

  /**
   * Oldest first, at most `limit` of them.
   * @throws InvalidRequest when the filter names nothing of what it takes
   * @throws TooManyReplays when the partner's earlier ones take an hour already; then nothing is done
   */
  async many(manager: EntityManager, reach: Reach | null, query: ReplayQuery): Promise<ReplayView> {
    refuseBoundless(query);
    const select = manager.createQueryBuilder(Delivery, 'd');
    narrow(select, reach, query);
    if (query.cursor) select.andWhere('d.id > :cursor', { cursor: query.cursor });
    const found = await select
      .orderBy('d.id', 'ASC')
      .limit(query.limit + 1)
      .setLock('for_no_key_update')
      .getMany();
    const chosen = found.slice(0, query.limit);
    const last = await this.scheduleAll(manager, chosen);
    await manager.query(`select pg_notify('${CHANNEL}', '')`);
    const nextCursor = found.length > chosen.length ? (chosen.at(-1)?.id ?? null) : null;
    return { matching: null, replayed: chosen.length, lastStartsAt: last?.toISOString() ?? null, nextCursor };
  }

  /** @returns when the last one starts */
  private async scheduleAll(manager: EntityManager, chosen: readonly Delivery[]): Promise<Date | null> {
    const queues = await manager.query<{ partnerId: string; mode: keyof typeof UNTIL; ids: string[] }[]>(
      // The table by its name, as in the filter. In order, so that two of these never wait for each other.
      `select d.partner_id as "partnerId", coalesce(b.mode, 'live') as mode, array_agg(d.id order by d.id) as ids
       from deliveries d left join billers b on b.id = d.biller_id where d.id = any($1) group by 1, 2 order by 1, 2`,
      [chosen.map(({ id }) => id)],
    );
    let last: Date | null = null;
    for (const { partnerId, mode, ids } of queues) {
      const startsAt = await this.schedule(manager, partnerId, UNTIL[mode], ids);
      if (!last || startsAt > last) last = startsAt;
    }
    return last;
  }

  /** @returns when the last one starts */
  private async schedule(
    manager: EntityManager,
    partnerId: string,
    until: (typeof UNTIL)[keyof typeof UNTIL],
    ids: readonly string[],
  ): Promise<Date> {
    const seconds = 60 / this.config.relay.replaysPerMinute;
    // Takes the places after those that are taken, and locks the partner's row without its key.
    const [place] = await manager.query<{ first: Date; last: Date; waits: number }[]>(
      `with before as (
         select id, greatest(coalesce(${until}, now()), now()) as first from partners where id = $1
         for no key update
       ), taken as (
         update partners p set ${until} = b.first + $2::integer * $3::float8 * interval '1 second' from before b where p.id = b.id
       )
       select first, first + ($2::integer - 1) * $3::float8 * interval '1 second' as last,
         extract(epoch from first - now())::float8 as waits from before`,
      [partnerId, ids.length, seconds],
    );
    if (!place) throw new Error('deliveries of a partner that is not there');
    if (place.waits > MOST_WAIT_SECONDS) {
      throw new TooManyReplays('Wait until those that were asked for have gone out.', {
        retryAfter: Math.ceil(place.waits - MOST_WAIT_SECONDS),
      });
    }
    // One that is pending is brought nearer, and keeps its place in the schedule; the others begin it anew.
    await manager.query(
      `update deliveries d set
         status = 'pending', held = false, delivered_at = null, parked_at = null,
         attempts_before = case when d.status = 'pending' then d.attempts_before else d.attempts end,
         next_attempt_at = least(d.next_attempt_at, $2::timestamptz + (o.n - 1) * $3::float8 * interval '1 second')
       from unnest($1::uuid[]) with ordinality as o (id, n) where d.id = o.id`,
      [ids, place.first, seconds],
    );
    return place.last;
  }
}

/** An empty filter is a slip, and would send again whatever was delivered in a month. */
function refuseBoundless({ status, failedSince, paymentId }: DeliveryFilter): void {
  if (status || failedSince || paymentId) return;
  throw InvalidRequest.of([{ field: 'status', reason: 'must be given, or failedSince, or paymentId' }]);
}
