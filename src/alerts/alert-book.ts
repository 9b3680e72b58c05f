import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Alert, Alerts } from '../common/alerts.js';
import { CONFIG, type Config } from '../config/config.js';
import { describe } from './alert-message.js';
import { AlertStore, type Row } from './alert-store.js';
import type { AlertView } from './alert.view.js';

/** Between two looks at the database, where nothing calls for one sooner. Seconds. */
const MOST_BEAT = 10;
/** An alert is over when nobody has seen it for so long. Seconds. */
const LEAST_STANDING = 10;

/** An alert that this process has raised. */
export interface OwnAlert {
  alert: Alert;
  readonly raisedAt: Date;
  /** Cleared here. It is kept until the database knows that it was told. */
  gone: boolean;
  /** The database says that it has been told. */
  told: boolean;
  /** Whether this process has told it by itself, or is at it. */
  alone: 'no' | 'telling' | 'told';
}

/**
 * All alerts that stand, as this process knows them: what it has raised itself, and what all processes have, as of the last
 * look. Reading it asks nobody, so that it can be read while the database is away.
 */
@Injectable()
export class AlertBook {
  private readonly logger = new Logger('alerts');
  private readonly own = new Map<string, OwnAlert>();
  private stored: readonly Row[] = [];
  /** Something was raised that the database does not have. */
  private news = false;
  readonly beatSeconds: number;

  constructor(
    alerts: Alerts,
    private readonly store: AlertStore,
    @Inject(CONFIG) config: Config,
  ) {
    this.beatSeconds = Math.min(config.sweepSeconds, MOST_BEAT);
    // What was raised while the application was being made.
    for (const alert of alerts.standing()) this.raised(alert);
    alerts.watch((alert, standing) => (standing ? this.raised(alert) : this.cleared(alert)));
  }

  get hasNews(): boolean {
    return this.news;
  }

  /** The oldest first. */
  standing(): AlertView[] {
    const views = new Map<string, AlertView>();
    for (const row of this.stored) {
      views.set(nameOf(row), viewOf(row, row.firstSeenAt, row.lastSeenAt, row.toldAt));
    }
    const now = new Date();
    for (const { alert, raisedAt, gone } of this.own.values()) {
      if (gone) continue;
      const known = views.get(nameOf(alert));
      // Its detail is newer here.
      views.set(nameOf(alert), { ...viewOf(alert, raisedAt, now, null), ...(known && timesOf(known)) });
    }
    return [...views.values()].sort((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1));
  }

  /** What this process has raised and nobody has told yet. */
  untold(): OwnAlert[] {
    return [...this.own.values()].filter(({ gone, told, alone }) => !gone && !told && alone === 'no');
  }

  /** A message about it was taken, whatever the database knows of that. */
  told(row: Row): void {
    const own = this.own.get(nameOf(row));
    if (own) own.told = row.clearedAt === null;
  }

  /** Tells the database what stands here, and learns what stands anywhere. */
  async sync(): Promise<void> {
    this.news = false;
    // One that is gone is kept here until it is known whether it was told.
    const seen = [...this.own.values()].filter(({ gone, alone }) => !gone || alone === 'told');
    const now = Date.now();
    try {
      if (seen.length > 0) {
        await this.store.see(
          seen.map(({ alert, raisedAt, gone, alone }) => ({
            ...alert,
            ageSeconds: Math.max(0, now - raisedAt.getTime()) / 1000,
            // Three times as long as this process stays away from the database, so that a slow look ends nothing.
            standsSeconds: gone ? 0 : Math.max(3 * this.beatSeconds, LEAST_STANDING),
            told: alone === 'told',
          })),
        );
      }
      await this.store.end();
      this.learn(await this.store.standing());
    } catch (error) {
      this.news = true;
      throw error;
    }
    for (const [name, one] of this.own) if (one.gone && seen.includes(one)) this.own.delete(name);
  }

  /** @param taken whether the message that this process sent by itself was taken */
  toldAlone(one: OwnAlert, taken: boolean): void {
    one.alone = taken ? 'told' : 'no';
    const name = nameOf(one.alert);
    if (one.gone && !taken && this.own.get(name) === one) this.own.delete(name);
  }

  private learn(rows: readonly Row[]): void {
    const names = new Set(rows.map(nameOf));
    for (const row of this.stored.filter((known) => !names.has(nameOf(known)))) {
      this.logger.log({ kind: row.kind, subject: row.subject }, 'alert over');
    }
    this.stored = rows;
    const told = new Set(rows.filter((row) => row.told).map(nameOf));
    for (const one of this.own.values()) {
      one.told = told.has(nameOf(one.alert));
      if (one.told && one.alone === 'told') one.alone = 'no';
    }
  }

  private raised(alert: Alert): void {
    const known = this.own.get(nameOf(alert));
    if (known) {
      known.alert = alert;
      if (!known.gone) return;
      known.gone = false;
    } else {
      this.own.set(nameOf(alert), { alert, raisedAt: new Date(), gone: false, told: false, alone: 'no' });
    }
    this.news = true;
    const { title, next } = describe(alert);
    this.logger.warn({ ...alert, next }, `alert: ${title}`);
  }

  private cleared(alert: Alert): void {
    const name = nameOf(alert);
    const known = this.own.get(name);
    if (!known) return;
    this.logger.log({ kind: alert.kind, subject: alert.subject }, 'alert cleared here');
    if (known.alone !== 'no') known.gone = true;
    else this.own.delete(name);
  }
}

const nameOf = ({ kind, subject }: { kind: string; subject: string }): string => `${kind} ${subject}`;

const viewOf = (
  said: { kind: string; subject: string; detail: string },
  firstSeenAt: Date,
  lastSeenAt: Date,
  toldAt: Date | null,
): AlertView => ({
  ...describe(said),
  firstSeenAt: firstSeenAt.toISOString(),
  lastSeenAt: lastSeenAt.toISOString(),
  toldAt: toldAt?.toISOString() ?? null,
});

const timesOf = ({ firstSeenAt, lastSeenAt, toldAt }: AlertView) => ({ firstSeenAt, lastSeenAt, toldAt });
