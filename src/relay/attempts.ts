import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { traceOf } from '../common/problem.js';
import { SealBroken, SecretBox } from '../common/secret-box.js';
import type { WebhookSecret } from '../partners/webhook-secret.entity.js';
import { WebhookSecretsService } from '../partners/webhook-secrets.service.js';
import type { Claimed } from './claim.js';
import { DeliveryQueue, type Recorded } from './delivery-queue.js';
import { type Outcome, Sender } from './sender.js';

/** The field under which a delivery's body is sealed. */
export const BODY = 'body';
/** Tries of a statement before the sending, or after it; a second apart. */
const TRIES = 4;
/** Whoever was held up longer does not send: the claim must outlast the deadline and the record. */
const BEGUN_WITHIN_MS = 5_000;

/** Makes attempts: opens, signs, sends, records. */
@Injectable()
export class Attempts {
  private readonly logger = new Logger('relay');

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly sender: Sender,
    private readonly secrets: WebhookSecretsService,
    private readonly box: SecretBox,
  ) {}

  /** Looked up once for all that were claimed together, and not kept: a rolled secret signs the next batch already. */
  secretsOf(claimed: readonly Claimed[]): Promise<WebhookSecret[]> {
    const partnerIds = [...new Set(claimed.map(({ partnerId }) => partnerId))];
    const secrets = persistently(() => this.secrets.inForce(partnerIds));
    // Every attempt awaits it, and reports it.
    secrets.catch(() => undefined);
    return secrets;
  }

  /**
   * Never throws. What could not be sent in time, or not be recorded, is logged; the claim then ends by itself, and the
   * partner may receive the message twice, under the same webhook-id.
   * @returns seconds until something may be due because of it
   */
  async make(delivery: Claimed, secrets: Promise<readonly WebhookSecret[]>): Promise<number | undefined> {
    const claimed = performance.now();
    try {
      const inForce = await secrets;
      const at = new Date();
      const began = performance.now();
      if (began - claimed > BEGUN_WITHIN_MS) throw new Error('the secrets came too late for this claim');
      const outcome = await this.send(delivery, inForce, at);
      const ms = performance.now() - began;
      const recorded = await persistently(() => this.queue.record(delivery, outcome, at, ms));
      this.log(delivery, outcome, recorded);
      return recorded?.dueIn;
    } catch (error) {
      this.logger.error({ deliveryId: delivery.id, ...traceOf(error) }, 'attempt not made, or not recorded');
      return undefined;
    }
  }

  private async send(delivery: Claimed, secrets: readonly WebhookSecret[], at: Date): Promise<Outcome> {
    const { id, url, contentType, partnerId } = delivery;
    try {
      const body = this.box.open(delivery.bodySealed, id, BODY);
      const own = secrets.filter((secret) => secret.partnerId === partnerId).map((secret) => this.secrets.open(secret));
      return await this.sender.send({ id, url, contentType, body, secrets: own }, at);
    } catch (error) {
      // A key that is missing from the ring may be put back: it is an attempt that failed like any other.
      if (error instanceof SealBroken) return { delivered: false, status: null, error: error.detail, sent: false };
      throw error;
    }
  }

  private log({ id, endpointId }: Claimed, outcome: Outcome, recorded: Recorded | undefined): void {
    if (!recorded) {
      this.logger.warn({ deliveryId: id, status: outcome.status }, 'attempt came too late to be recorded');
      return;
    }
    const line = { deliveryId: id, attempts: recorded.attempts, status: outcome.status };
    if (outcome.delivered) this.logger.log(line, 'delivered');
    else {
      const failed = recorded.status === 'parked' ? 'delivery parked' : 'delivery failed, will retry';
      this.logger.warn({ ...line, error: outcome.error }, failed);
    }
    if (recorded.brokeAfter !== undefined) {
      this.logger.warn({ endpointId, failures: recorded.brokeAfter, seconds: recorded.dueIn }, 'endpoint held back');
    }
    if (recorded.switchedOff) this.logger.warn({ endpointId, status: outcome.status }, 'endpoint switched off');
  }
}

/** Without it, one lost connection puts off what was claimed by the whole lease. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(1_000);
    }
  }
}
