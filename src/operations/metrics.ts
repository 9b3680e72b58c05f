import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { AlertBook } from '../alerts/alert-book.js';
import { ALERT_KINDS } from '../common/alerts.js';
import { within } from '../common/deadline.js';
import { isAway } from '../database/postgres-errors.js';
import { DatabaseProbe } from '../database/probe.js';
import { Primary } from '../database/primary.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import { Spool } from '../spool/spool.js';
import { Overview, type OverviewView } from './overview.js';
import { measureSpool } from './spool-metrics.js';

/** Whoever scrapes gives up after ten seconds. Milliseconds. */
const LOOK_MS = 5_000;

/**
 * Metrics of this process, and of what all processes have in common. The latter are left out while the database is away. Labels hold
 * no partner, biller or payer.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  /** Of what all processes have in common. */
  private readonly shared = new Registry();
  private readonly requests: Histogram<'method' | 'route' | 'status'>;

  private readonly gauges: ReturnType<typeof gaugesOf>;

  constructor(
    private readonly overview: Overview,
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly book: AlertBook,
    private readonly database: DatabaseProbe,
    private readonly primary: Primary,
    spool: Spool,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'billbridge_' });
    this.requests = new Histogram({
      name: 'billbridge_http_request_duration_seconds',
      help: 'Requests by route and status, with the time until the answer was sent.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    });
    this.gauges = gaugesOf(this.registry, this.shared);
    measureSpool(spool, this.registry);
  }

  /** In Prometheus' text format; what all processes share is looked up once a scrape. */
  async text(): Promise<string> {
    this.countAlerts();
    this.tellPrimary();
    const now = await this.look();
    this.gauges.databaseUp.set(now ? 1 : 0);
    this.gauges.breakersOpen.set(this.invoiceCloud.breakers().filter(({ state }) => state === 'open').length);
    const own = await this.registry.metrics();
    if (!now) return own;
    this.count(now);
    return own + (await this.shared.metrics());
  }

  /** @returns undefined while the database is away */
  private async look(): Promise<OverviewView | undefined> {
    if (await this.database.lacks()) return undefined;
    try {
      return await within(this.overview.read(), LOOK_MS, () => undefined);
    } catch (error) {
      if (isAway(error)) return undefined;
      throw error;
    }
  }

  private count(now: OverviewView): void {
    const { gauges } = this;
    for (const [name, { count, oldestSeconds }] of Object.entries({ ...now.undelivered })) {
      gauges.oldestUndelivered.set({ class: name }, oldestSeconds ?? 0);
      gauges.undelivered.set({ class: name }, count);
    }
    gauges.held.set(now.held.count);
    gauges.oldestHeld.set(now.held.oldestSeconds ?? 0);
    gauges.refundsDue.set(now.refundsDue);
    gauges.alerts.set(now.alertsToday);
    gauges.unconfirmed.set(now.unconfirmedToday);
    gauges.unknown.set(now.unknownPostbacksToday);
  }

  private countAlerts(): void {
    const standing = this.book.standing();
    for (const kind of Object.keys(ALERT_KINDS)) {
      this.gauges.standing.set({ kind }, standing.filter((alert) => alert.kind === kind).length);
    }
    this.gauges.untold.set(standing.filter(({ toldAt }) => toldAt === null).length);
  }

  private tellPrimary(): void {
    const { current } = this.primary;
    this.gauges.timeline.reset();
    if (current) this.gauges.timeline.set({ system: current.system }, current.timeline);
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }
}

function gaugesOf(own: Registry, shared: Registry) {
  const gauge = (name: string, help: string, labelNames: string[] = [], registry = shared) =>
    new Gauge({ name: `billbridge_${name}`, help, labelNames, registers: [registry] });
  return {
    databaseUp: gauge(
      'database_up',
      '1 while this process can write to its database; else what is counted there is left out.',
      [],
      own,
    ),
    oldestUndelivered: gauge('oldest_undelivered_seconds', 'Age of the oldest delivery a partner lacks.', ['class']),
    undelivered: gauge('undelivered', 'Deliveries that partners lack.', ['class']),
    oldestHeld: gauge('oldest_held_seconds', 'Age of the oldest postback that waits for an administrator.'),
    held: gauge('held_postbacks', 'Postbacks that wait for an administrator.'),
    refundsDue: gauge('refunds_due', 'Payments with something to return to the payer.'),
    alerts: gauge('payment_alerts_today', 'Refusals after the money had moved, of the last 24 hours.'),
    standing: gauge('alerts', 'Alerts that stand, of all processes, as this one knows them.', ['kind'], own),
    untold: gauge('alerts_untold', 'Alerts that stand and that neither ALERT_URL nor ALERT_MAIL has taken.', [], own),
    unconfirmed: gauge('unconfirmed_openings_today', 'Openings whose answer was lost, of the last 24 hours.'),
    unknown: gauge('unknown_postbacks_today', 'Postbacks to unknown addresses, of the last 24 hours.'),
    timeline: gauge('database_timeline', 'Timeline of the primary that this process serves from.', ['system'], own),
    breakersOpen: gauge('invoice_cloud_breakers_open', 'Billers whose calls this process holds back for now.', [], own),
  };
}
