import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { newId } from '../common/id.js';
import { traceOf } from '../common/problem.js';
import { Sweepers } from '../common/sweepers.js';
import { CONFIG, type Config } from '../config/config.js';
import { AlertBook, type OwnAlert } from './alert-book.js';
import { AlertChannels, type Sent } from './alert-channels.js';
import { type AlertMessage, describe } from './alert-message.js';
import { AlertsGoNowhere } from './errors.js';
import { AlertStore, type Row } from './alert-store.js';

/** Between two looks whether something is to be done. Seconds. */
const TICK = 1;
/** After so long without the database, beyond the usual look, a process tells what it has raised by itself. Seconds. */
const ALONE_AFTER = 10;
/** After so many failures of a message that a process tells by itself. Seconds. */
const ALONE_AGAIN = 30;

/**
 * Tells of each alert once, and once that it is over. The database says which process tells: a message is claimed, sent, and
 * recorded. While the database is away, each process tells by itself what it has raised, once, and lets the database know
 * when it is back.
 */
@Injectable()
export class AlertTeller implements OnApplicationBootstrap {
  private readonly logger = new Logger('alerts');
  private nextBeat = 0;
  private heardAt = performance.now();
  private away = false;
  private aloneAgainAt = 0;
  /** Messages that were taken, of which the database does not know yet. */
  private readonly unrecorded = new Map<string, Row>();

  constructor(
    private readonly book: AlertBook,
    private readonly store: AlertStore,
    private readonly channels: AlertChannels,
    private readonly sweepers: Sweepers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.channels.names.length === 0 && this.config.production) {
      this.logger.warn('nobody is told of alerts: set ALERT_URL or ALERT_MAIL');
    }
    this.sweepers.every('alerts', [() => this.round()], TICK);
    // Apart from the other: that one may wait for a database that does not answer.
    this.sweepers.every('alerts-alone', [() => this.tellAlone()], TICK);
  }

  /**
   * Sends a message that says that it is a test.
   * @returns what came of it, for each way that is set
   * @throws AlertsGoNowhere when none is
   */
  async test(): Promise<readonly Sent[]> {
    if (this.channels.names.length === 0) {
      throw new AlertsGoNowhere('The operator sets ALERT_URL with ALERT_SECRET, or ALERT_MAIL with SMTP_URL.');
    }
    return this.channels.send({
      kind: 'test',
      subject: '',
      title: 'Alerts of this platform arrive here',
      detail: 'An administrator asked for this message. Nothing is wrong.',
      next: 'Nothing.',
      id: `alert_${newId()}`,
      type: 'alert.test',
      firstSeenAt: new Date(),
    });
  }

  private async round(): Promise<void> {
    if (performance.now() < this.nextBeat && !(this.book.hasNews && !this.away)) return;
    this.nextBeat = performance.now() + this.book.beatSeconds * 1000;
    try {
      await this.book.sync();
      for (const [id, row] of this.unrecorded) {
        await this.store.taken(row);
        this.unrecorded.delete(id);
      }
      const due = this.channels.names.length > 0 ? await this.store.claim() : [];
      this.heardAt = performance.now();
      this.away = false;
      await Promise.all(due.map((row) => this.tell(row)));
    } catch (error) {
      if (!this.away) this.logger.warn(traceOf(error), 'alerts can not be stored');
      this.away = true;
    }
  }

  private async tell(row: Row): Promise<void> {
    const { id, firstSeenAt, clearedAt, messages } = row;
    const type = clearedAt === null ? 'alert.raised' : 'alert.over';
    const taken = await this.send({ ...describe(row), id: `alert_${id}_${messages}`, type, firstSeenAt });
    if (!taken) return this.store.refused(row);
    this.unrecorded.set(id, row);
    this.book.told(row);
    await this.store.taken(row);
    this.unrecorded.delete(id);
  }

  private async tellAlone(): Promise<void> {
    const now = performance.now();
    if (now - this.heardAt < (this.book.beatSeconds + ALONE_AFTER) * 1000 || now < this.aloneAgainAt) return;
    if (this.channels.names.length === 0) return;
    const taken = await Promise.all(this.book.untold().map((one) => this.tellOne(one)));
    if (taken.includes(false)) this.aloneAgainAt = performance.now() + ALONE_AGAIN * 1000;
  }

  private async tellOne(one: OwnAlert): Promise<boolean> {
    const { alert, raisedAt } = one;
    const message = {
      ...describe(alert),
      id: `alert_${newId()}`,
      type: 'alert.raised',
      firstSeenAt: raisedAt,
    } as const;
    one.alone = 'telling';
    const taken = await this.send(message);
    this.book.toldAlone(one, taken);
    return taken;
  }

  /** @returns whether anybody took it */
  private async send(message: AlertMessage): Promise<boolean> {
    const results = await this.channels.send(message);
    for (const { channel, sent, detail } of results) {
      const { id, type, kind, subject } = message;
      const line = { message: id, type, kind, subject, channel, detail };
      if (sent) this.logger.log(line, 'alert told');
      else this.logger.error(line, 'alert not told');
    }
    return results.some(({ sent }) => sent);
  }
}
