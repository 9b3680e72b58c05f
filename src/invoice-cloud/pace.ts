import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvoiceCloudPace } from './invoice-cloud-pace.entity.js';

/** `waitMs`: the turn is taken, and comes in so long. `fullForMs`: none was taken; the next one is so far off. */
export type Turn = { readonly waitMs: number } | { readonly fullForMs: number };

/**
 * Turns of billers that have an outbound limit, one behind the other (GCRA without a burst). The database holds the
 * one clock and the one queue, so that processes count together; its row lock lasts as long as the statement.
 */
@Injectable()
export class Pace {
  constructor(@InjectRepository(InvoiceCloudPace) private readonly turns: Repository<InvoiceCloudPace>) {}

  /** @param mostMs how long the caller would wait at most; no turn is used up that would come later */
  async take(billerId: string, perSecond: number, mostMs: number): Promise<Turn> {
    const [row] = await this.turns.query<[{ wait: number | null; ahead: number | null }]>(
      // clock_timestamp and not now(): who waited for the row must not count from before its wait.
      `with turn as (
         insert into invoice_cloud_pace as p (biller_id, next_at)
         values ($1, clock_timestamp() + make_interval(secs => $2))
         on conflict (biller_id) do update
           set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => $2)
           where p.next_at <= clock_timestamp() + make_interval(secs => $3)
         returning extract(epoch from next_at - clock_timestamp())::float8 - $2 as wait
       )
       select (select wait from turn) as wait,
         (select extract(epoch from next_at - clock_timestamp())::float8
            from invoice_cloud_pace where biller_id = $1) as ahead`,
      [billerId, 1 / perSecond, Math.max(0, mostMs) / 1000],
    );
    if (row.wait !== null) return { waitMs: Math.max(0, Math.ceil(row.wait * 1000)) };
    return { fullForMs: Math.max(mostMs, Math.ceil((row.ahead ?? 0) * 1000)) };
  }
}
