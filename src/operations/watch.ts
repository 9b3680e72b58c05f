import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type AlertKind, Alerts } from '../common/alerts.js';
import { Sweepers } from '../common/sweepers.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';

/** How long a breaker may be open before somebody should know. Milliseconds. */
const FAILING_MS = 5 * 60_000;

interface Counts {
  readonly held: number;
  readonly heldHours: number | null;
  readonly refusals: number;
  readonly refunds: number;
  readonly off: number;
  readonly parked: number;
  readonly unsettled: number;
}

/** What the rest of the platform calls an alert, and what has waited too long: looked for again and again, each kind once. */
@Injectable()
export class Watch implements OnApplicationBootstrap {
  private readonly failingSince = new Map<string, number>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly alerts: Alerts,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    // Breakers first: they are looked at also while the database is away.
    this.sweepers.every('watch', [() => this.breakers(), () => this.counts()]);
  }

  private async counts(): Promise<void> {
    const [now] = await this.dataSource.query<[Counts]>(COUNTS);
    const { held, heldHours, refusals, refunds, off, parked, unsettled } = now;
    this.say('postbacks-held', held, `${held} PostBacks; the oldest came ${Math.floor(heldHours ?? 0)} h ago.`);
    this.say('refusal-after-approval', refusals, `${refusals} in the last 24 hours.`);
    this.say('restore-unsettled', unsettled, `${unsettled} billers.`);
    this.say('refunds-due', refunds, `${refunds} payments.`);
    this.say('endpoint-off', off, `${off} endpoints.`);
    this.say('deliveries-parked', parked, `${parked} deliveries.`);
  }

  private say(kind: AlertKind, count: number, detail: string): void {
    if (count > 0) this.alerts.raise(kind, '', detail);
    else this.alerts.clear(kind, '');
  }

  /** Of this process. A breaker that is tried (`half-open`) is not well yet. */
  private breakers(): Promise<void> {
    const now = performance.now();
    const failing = new Set(this.invoiceCloud.breakers().map(({ billerId }) => billerId));
    for (const billerId of failing) {
      const since = this.failingSince.get(billerId) ?? now;
      this.failingSince.set(billerId, since);
      const minutes = Math.floor((now - since) / 60_000);
      if (now - since >= FAILING_MS) this.alerts.raise('invoice-cloud-failing', billerId, `For ${minutes} minutes.`);
    }
    for (const billerId of this.failingSince.keys()) {
      if (failing.has(billerId)) continue;
      this.failingSince.delete(billerId);
      this.alerts.clear('invoice-cloud-failing', billerId);
    }
    return Promise.resolve();
  }
}

/** Each by an index that holds no more than what is not done. */
const COUNTS = `
  select held.count as held, held.hours as "heldHours",
    (select count(*)::int from payment_events
       where type = 'payment.alert' and created_at > now() - interval '1 day') as refusals,
    (select count(*)::int from payments
       where refund_due_cents > 0 and updated_at < now() - interval '1 day') as refunds,
    (select count(*)::int from relay_endpoints e where e.disabled_at < now() - interval '10 minutes' and exists (
       select from deliveries d where d.partner_id = e.partner_id and d.endpoint_id = e.id and d.status = 'pending')
    ) as off,
    (select count(*)::int from deliveries where status = 'parked' and parked_at > now() - interval '1 day') as parked,
    (select count(*)::int from billers where unsettled_until is not null) as unsettled
  from (
    select count(*)::int as count, extract(epoch from now() - min(received_at))::float8 / 3600 as hours
    from postbacks where verdict = 'held' and received_at < now() - interval '1 hour'
  ) held`;
