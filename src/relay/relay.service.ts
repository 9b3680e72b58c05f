import { Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, LessThan, Repository } from 'typeorm';
import { newId } from '../common/id.js';
import { traceOf } from '../common/problem.js';
import { SealBroken, SecretBox } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { PartnersService } from '../partners/partners.service.js';
import { Delivery } from './delivery.entity.js';
import { type DeliveryJob, RelayQueue } from './queue.js';
import { nextAttempt } from './retry-schedule.js';
import { type Outcome, Sender } from './sender.js';

const BODY = 'body';
/** A job is taken within seconds of its time, and a dead worker's within a minute. */
const LOST_MINUTES = 5;
const KEPT_DAYS = 30;

export interface NewDelivery {
  readonly partnerId: string;
  readonly subjectId: string;
  readonly url: string;
  readonly contentType: string;
  /** The number grows by one with each delivery about the same subject. */
  readonly body: (sequence: number) => string;
}

/** What we tell a partner: at least once, in the order of attempts that the schedule says, never dropped unseen. */
@Injectable()
export class RelayService implements OnApplicationBootstrap {
  private readonly logger = new Logger('relay');

  constructor(
    @InjectRepository(Delivery) private readonly deliveries: Repository<Delivery>,
    private readonly queue: RelayQueue,
    private readonly sender: Sender,
    private readonly partners: PartnersService,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start((job) => this.attempt(job));
  }

  /** Records the delivery and enqueues its first attempt, both in the transaction of `manager`. */
  async enqueue(manager: EntityManager, message: NewDelivery): Promise<string> {
    const id = newId();
    await manager.insert(Delivery, {
      id,
      partnerId: message.partnerId,
      subjectId: message.subjectId,
      url: message.url,
      contentType: message.contentType,
      bodySealed: this.box.seal(message.body(1), id, BODY),
      status: 'pending',
      nextAttemptAt: new Date(),
    });
    await this.queue.add(manager, { deliveryId: id });
    return id;
  }

  /** Deliveries about these subjects, oldest first. */
  about(subjectIds: readonly string[]): Promise<Delivery[]> {
    return this.deliveries.find({ where: { subjectId: In([...subjectIds]) }, order: { id: 'ASC' } });
  }

  /** Enqueues again what is long past its time: a job that was lost must not take its delivery with it. */
  async recover(): Promise<void> {
    await this.deliveries.manager.transaction(async (manager) => {
      const lost = await manager.query<{ id: string }[]>(
        `select id from deliveries where status = 'pending' and next_attempt_at < now() - interval '${LOST_MINUTES} minutes'
         order by next_attempt_at limit 100 for update skip locked`,
      );
      for (const { id } of lost) {
        await manager.update(Delivery, { id }, { nextAttemptAt: new Date() });
        await this.queue.add(manager, { deliveryId: id });
      }
      if (lost.length > 0) this.logger.warn({ deliveries: lost.length }, 'deliveries enqueued again');
    });
  }

  /** Forgets what was delivered long ago; its payment keeps the receipt. */
  async forget(): Promise<void> {
    await this.deliveries.delete({
      status: 'delivered',
      deliveredAt: LessThan(new Date(Date.now() - KEPT_DAYS * 86_400_000)),
    });
  }

  /**
   * Makes the attempt that a job stands for. Throws when the outcome could not be recorded: the queue then gives the
   * job to a worker again, and the partner may receive the message twice, under the same webhook-id.
   */
  private async attempt({ deliveryId }: DeliveryJob): Promise<void> {
    try {
      const delivery = await this.deliveries.findOneBy({ id: deliveryId });
      if (delivery?.status === 'pending') await this.record(delivery, await this.send(delivery));
    } catch (error) {
      this.logger.error({ deliveryId, ...traceOf(error) }, 'attempt not recorded');
      // The queue stores what it is thrown.
      throw new Error('the attempt could not be recorded');
    }
  }

  private async send(delivery: Delivery): Promise<Outcome> {
    try {
      const body = this.box.open(delivery.bodySealed, delivery.id, BODY);
      const secret = await this.partners.webhookSecretOf(delivery.partnerId);
      return await this.sender.send(
        { id: delivery.id, url: delivery.url, contentType: delivery.contentType, body, secret },
        new Date(),
      );
    } catch (error) {
      // A key that is missing from the ring may be put back: it is an attempt that failed like any other.
      if (error instanceof SealBroken) return { delivered: false, status: null, error: error.detail };
      throw error;
    }
  }

  /** Another worker may have recorded an attempt in between (this one was taken for dead): then it has the say. */
  private async record(delivery: Delivery, outcome: Outcome): Promise<void> {
    const attempts = delivery.attempts + 1;
    const unchanged = { id: delivery.id, status: 'pending', attempts: delivery.attempts } as const;
    const log = { deliveryId: delivery.id, attempts, status: outcome.status };
    if (outcome.delivered) {
      const now = new Date();
      const last = { attempts, lastStatus: outcome.status, lastError: null, nextAttemptAt: null, deliveredAt: now };
      await this.deliveries.update(unchanged, { status: 'delivered', ...last });
      this.logger.log(log, 'delivered');
      return;
    }
    const next = nextAttempt(attempts, this.config.relay.retrySeconds, Math.random());
    await this.deliveries.manager.transaction(async (manager) => {
      const { affected } = await manager.update(Delivery, unchanged, {
        status: next.retry ? 'pending' : 'parked',
        attempts,
        lastStatus: outcome.status,
        lastError: outcome.error,
        nextAttemptAt: next.retry ? new Date(Date.now() + next.afterSeconds * 1000) : null,
      });
      if (next.retry && affected === 1) await this.queue.add(manager, { deliveryId: delivery.id }, next.afterSeconds);
    });
    this.logger.warn({ ...log, error: outcome.error }, next.retry ? 'delivery failed, will retry' : 'delivery parked');
  }
}
