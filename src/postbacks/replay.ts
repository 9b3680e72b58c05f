import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { bulkhead } from 'cockatiel';
import { DataSource } from 'typeorm';
import { Settlement } from '../cloud-pay/settlement.js';
import { Alerts } from '../common/alerts.js';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';
import { isAway } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import type { Kept } from '../spool/frames.js';
import type { Replayed } from '../spool/replays.js';
import { Spool } from '../spool/spool.js';
import type { Address } from './address.js';
import { PostbackRecorder, type Received } from './recorder.js';
import { PostbackRecording } from './recording.js';
import { readSpooled } from './spooled-form.js';

/** In full, each on a connection of its own: the rest of the pool is for whoever comes now. */
const IN_FULL_AT_ONCE = 3;
const NOT_RECORDABLE = ['not-recordable'];

/**
 * Records what waits in the spool, by the ways of what has just come. What the database, being there, refuses for minutes is held
 * for an administrator, raw; if it can't even be held, it stays in the spool and an alert says so.
 */
@Injectable()
export class PostbackReplay {
  private readonly logger = new Logger('postbacks');
  private readonly inFull = bulkhead(IN_FULL_AT_ONCE, Infinity);

  constructor(
    spool: Spool,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly recording: PostbackRecording,
    private readonly recorder: PostbackRecorder,
    private readonly settlement: Settlement,
    private readonly relay: RelayService,
    private readonly alerts: Alerts,
  ) {
    spool.replayBy((message, refusedForMs) => this.replay(message, refusedForMs));
  }

  /** Never throws. */
  private async replay(message: Kept, refusedForMs: number): Promise<Replayed> {
    try {
      await this.record(message, refusedForMs >= this.config.spool.holdSeconds * 1000);
      this.alerts.clear('postback-not-recordable', message.subject);
      return 'done';
    } catch (error) {
      if (isAway(error)) return 'away';
      this.logger.error({ paymentId: message.subject, ...traceOf(error) }, 'a postback of the spool was not recorded');
      return 'refused';
    }
  }

  private async record(message: Kept, hold: boolean): Promise<void> {
    const { id, subject } = message;
    const read = readSpooled(message);
    try {
      if (!read) throw new Error('written by a newer release');
      const received = this.recorder.reopen(id, read.rawSealed);
      await this.byTheUsualWay(read.address, received, hold);
    } catch (error) {
      if (hold && !isAway(error)) {
        const why = read ? (traceOf(error).code ?? traceOf(error).error) : 'a newer release has written it';
        this.alerts.raise(
          'postback-not-recordable',
          subject,
          `It stays in the spool, and can not even be held: ${why}.`,
        );
      }
      throw error;
    }
  }

  private async byTheUsualWay(address: Address, received: Received, hold: boolean): Promise<void> {
    if (await this.recording.quickly(address, received)) return this.relay.wake();
    try {
      await this.inFull.execute(() => this.recording.inFull(address, received));
      this.relay.wake();
    } catch (error) {
      if (!hold || isAway(error)) throw error;
      this.logger.error(
        { paymentId: address.paymentId, ...traceOf(error) },
        'a postback can not be recorded, and is held',
      );
      await this.inFull.execute(() => this.holdRaw(address, received));
      this.alerts.raise('postback-not-recordable', '', 'A PostBack that the database refuses is held.');
    }
  }

  /** Touches as little as it can: the postback, and the payment's mark for an administrator's eyes. */
  private async holdRaw({ digest, paymentId }: Address, received: Received): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [payment] = await manager.query<{ id: string }[]>(
        'select id from payments where capability_digest = $1 for no key update',
        [digest],
      );
      if (!payment) {
        if (paymentId !== undefined) await this.recorder.holdWithoutPayment(manager, paymentId, received);
        return;
      }
      if (!(await this.recorder.store(manager, payment, received, 'held', NOT_RECORDABLE))) return;
      await this.settlement.hold(manager, payment.id, NOT_RECORDABLE);
    });
  }
}
