import { Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, Repository } from 'typeorm';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { PartnersService } from '../partners/partners.service.js';
import { Delivery } from './delivery.entity.js';
import { type DeliveryJob, RelayQueue } from './queue.js';
import { nextAttempt } from './retry-schedule.js';
import { type Outcome, Sender } from './sender.js';

const BODY = 'body';

export interface NewDelivery {
  readonly partnerId: string;
  readonly subjectId: string;
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
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
      bodySealed: this.box.seal(message.body, id, BODY),
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

  /**
   * Makes the attempt that a job stands for. Throws when the outcome could not be recorded: the queue then gives the
   * job to a worker again, and the partner may receive the message twice, under the same webhook-id.
   */
  private async attempt({ deliveryId }: DeliveryJob): Promise<void> {
    const delivery = await this.deliveries.findOneBy({ id: deliveryId });
    if (!delivery || delivery.status !== 'pending') return;
    const outcome = await this.sender.send(
      {
        id: delivery.id,
        url: delivery.url,
        contentType: delivery.contentType,
        body: this.box.open(delivery.bodySealed, delivery.id, BODY),
        secret: await this.partners.webhookSecretOf(delivery.partnerId),
      },
      new Date(),
    );
    await this.record(delivery, outcome);
  }

  private async record(delivery: Delivery, outcome: Outcome): Promise<void> {
    const attempts = delivery.attempts + 1;
    const log = { deliveryId: delivery.id, attempts, status: outcome.status };
    if (outcome.delivered) {
      await this.deliveries.update(
        { id: delivery.id },
        {
          status: 'delivered',
          attempts,
          lastStatus: outcome.status,
          lastError: null,
          nextAttemptAt: null,
          deliveredAt: new Date(),
        },
      );
      this.logger.log(log, 'delivered');
      return;
    }
    const next = nextAttempt(attempts, this.config.relay.retrySeconds, Math.random());
    await this.deliveries.manager.transaction(async (manager) => {
      const nextAttemptAt = next.retry ? new Date(Date.now() + next.afterSeconds * 1000) : null;
      await manager.update(
        Delivery,
        { id: delivery.id },
        {
          status: next.retry ? 'pending' : 'parked',
          attempts,
          lastStatus: outcome.status,
          lastError: outcome.error,
          nextAttemptAt,
        },
      );
      if (next.retry) await this.queue.add(manager, { deliveryId: delivery.id }, next.afterSeconds);
    });
    this.logger.warn({ ...log, error: outcome.error }, next.retry ? 'delivery failed, will retry' : 'delivery parked');
  }
}
