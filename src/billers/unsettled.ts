import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { Sweepers } from '../common/sweepers.js';
import { Biller } from './biller.entity.js';
import { BillerNotFound, RestoreUnsettled } from './errors.js';

/** When whoever is refused may ask again. Seconds. */
const ASK_AGAIN = 60;

/**
 * The database was restored, and has forgotten pages that payers may still pay. Opening their invoices anew could make payers
 * pay twice. The flag stands in the biller's own row, which is in memory, so that looking at it costs nothing.
 * @throws RestoreUnsettled
 */
export function refuseUnsettled({ unsettledUntil }: Pick<Biller, 'unsettledUntil'>): void {
  // Whether that time has come is for the database's clock to say: the sweep takes the flag away.
  if (!unsettledUntil) return;
  throw new RestoreUnsettled(
    `Payments are opened again when an administrator has compared this biller with Invoice Cloud, at the latest a minute after ${unsettledUntil.toISOString()}.`,
    { retryAfter: ASK_AGAIN },
  );
}

/**
 * Marks every biller whose pages of that time may still live.
 * @param since the time to which the database was restored
 * @param servedUntil the latest time at which a page may have been opened that it does not know
 * @param pageSeconds life of a page where the biller says nothing else
 * @returns their ids
 */
export async function markUnsettled(
  manager: EntityManager,
  since: Date,
  servedUntil: Date,
  pageSeconds: number,
): Promise<string[]> {
  const [rows] = await manager.query<[{ id: string }[]]>(
    `update billers b set unsettled_since = $1, unsettled_until = e.ends
     from (select id, $2::timestamptz + make_interval(secs => coalesce(hosted_page_seconds, $3)) as ends from billers) e
     where e.id = b.id and e.ends > now() returning b.id`,
    [since, servedUntil, pageSeconds],
  );
  return rows.map(({ id }) => id);
}

@Injectable()
export class UnsettledBillers implements OnApplicationBootstrap {
  private readonly logger = new Logger('billers');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepers.every('unsettled', [() => this.sweep()]);
  }

  /** An administrator has looked. Doing so twice is no error. @throws BillerNotFound */
  async settle(change: Change, id: string): Promise<Biller> {
    const { manager } = change;
    const biller = await manager.findOne(Biller, { where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    const { unsettledSince, unsettledUntil } = biller;
    const settled = { unsettledSince: null, unsettledUntil: null };
    await manager.update(Biller, { id }, settled);
    change.record('biller.restore-settled', `biller:${id}`, { unsettledSince, unsettledUntil }, settled);
    return { ...biller, ...settled };
  }

  /** Every page of that time has ended. */
  private async sweep(): Promise<void> {
    const [rows] = await this.dataSource.query<[{ id: string }[]]>(
      `update billers set unsettled_since = null, unsettled_until = null where unsettled_until < now() returning id`,
    );
    for (const { id } of rows) this.logger.log({ billerId: id }, 'opened again after a restore: its pages have ended');
  }
}
