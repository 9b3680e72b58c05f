import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ApiProperty } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { AlertBook } from '../alerts/alert-book.js';
import { AlertView } from '../alerts/alert.view.js';
import { Spool } from '../spool/spool.js';

/** Deliveries that the partner does not have yet, of one class. */
export class UndeliveredView {
  @ApiProperty({ type: 'integer' }) count: number;
  /** Since the oldest was recorded; null when there is none. Seconds. */
  @ApiProperty({ type: 'number', nullable: true }) oldestSeconds: number | null;
}

export class UndeliveredByClassView {
  /** Waiting for their first or next attempt. */
  @ApiProperty({ type: UndeliveredView }) pending: UndeliveredView;
  /** Waiting for an endpoint that is switched off. */
  @ApiProperty({ type: UndeliveredView }) switchedOff: UndeliveredView;
  /** Every attempt failed. */
  @ApiProperty({ type: UndeliveredView }) parked: UndeliveredView;
  /** All of them. */
  @ApiProperty({ type: UndeliveredView }) all: UndeliveredView;
}

/** PostBacks that were answered and wait to be recorded, in the process that answers this. */
export class OwnSpoolView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ type: 'integer' }) waiting: number;
  @ApiProperty({ type: 'integer' }) bytes: number;
  @ApiProperty({ type: 'integer' }) mostBytes: number;
  /** Nothing more is taken. */
  isFull: boolean;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) oldestAt: string | null;
}

/** What somebody should know at night. */
export class OverviewView {
  @ApiProperty({ type: UndeliveredByClassView }) undelivered: UndeliveredByClassView;
  /** Postbacks that wait for an administrator. */
  @ApiProperty({ type: UndeliveredView }) held: UndeliveredView;
  /** Payments with something to return to the payer. */
  @ApiProperty({ type: 'integer' }) refundsDue: number;
  /** Openings whose answer was lost, of the last 24 hours. */
  @ApiProperty({ type: 'integer' }) unconfirmedToday: number;
  /** Refusals that came after the money, of the last 24 hours. */
  @ApiProperty({ type: 'integer' }) alertsToday: number;
  /** Messages to addresses that are no payment's, of the last 24 hours. */
  @ApiProperty({ type: 'integer' }) unknownPostbacksToday: number;
  /** The spool of the process that answers; null where it has none. Those of all: GET /admin/v1/spools. */
  @ApiProperty({ type: OwnSpoolView, nullable: true }) spool: OwnSpoolView | null;
  /** What somebody should do something about today, the oldest first. */
  @ApiProperty({ type: [AlertView] }) alerts: AlertView[];
}

interface Counted {
  readonly class: 'pending' | 'switchedOff' | 'parked';
  readonly count: number;
  readonly oldestSeconds: number | null;
}

/** Counted anew at each look, by indexes that hold what is not done yet. */
@Injectable()
export class Overview {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly book: AlertBook,
    private readonly spool: Spool,
  ) {}

  async read(): Promise<OverviewView> {
    const [undelivered, [held], [counts]] = await Promise.all([
      this.dataSource.query<Counted[]>(UNDELIVERED),
      this.dataSource.query<[UndeliveredView]>(
        `select count(*)::int as count, extract(epoch from now() - min(received_at))::float8 as "oldestSeconds"
         from postbacks where verdict = 'held'`,
      ),
      this.dataSource.query<[Omit<OverviewView, 'undelivered' | 'held' | 'spool' | 'alerts'>]>(
        `select
           (select count(*)::int from payments where refund_due_cents > 0) as "refundsDue",
           (select count(*)::int from payment_events
              where type = 'payment.unconfirmed' and created_at > now() - interval '1 day') as "unconfirmedToday",
           (select count(*)::int from payment_events
              where type = 'payment.alert' and created_at > now() - interval '1 day') as "alertsToday",
           (select count(*)::int from postbacks
              where payment_id is null and received_at > now() - interval '1 day') as "unknownPostbacksToday"`,
      ),
    ]);
    return { undelivered: byClass(undelivered), held, ...counts, spool: this.ownSpool(), alerts: this.book.standing() };
  }

  private ownSpool(): OwnSpoolView | null {
    const state = this.spool.state();
    return state ? { ...state, oldestAt: state.oldestAt?.toISOString() ?? null } : null;
  }
}

const UNDELIVERED = `
  select case when d.status = 'parked' then 'parked' when e.disabled_at is not null then 'switchedOff'
      else 'pending' end as class,
    count(*)::int as count, extract(epoch from now() - min(d.created_at))::float8 as "oldestSeconds"
  from deliveries d left join relay_endpoints e on e.id = d.endpoint_id
  where d.status <> 'delivered' group by 1`;

function byClass(counted: readonly Counted[]): UndeliveredByClassView {
  const of = (name: Counted['class']): UndeliveredView => {
    const found = counted.find((one) => one.class === name);
    return { count: found?.count ?? 0, oldestSeconds: found?.oldestSeconds ?? null };
  };
  const ages = counted.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  const all = {
    count: counted.reduce((sum, { count }) => sum + count, 0),
    oldestSeconds: ages.length > 0 ? Math.max(...ages) : null,
  };
  return { pending: of('pending'), switchedOff: of('switchedOff'), parked: of('parked'), all };
}
