import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, LessThan, Repository } from 'typeorm';
import { SecretBox } from '../common/secret-box.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from './errors.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import type { OpenedPaymentView } from './payment.view.js';

const KEPT_HOURS = 72;
const ANSWER = 'idempotent-answer';

export interface Claim {
  readonly partnerId: string;
  readonly billerId: string;
  readonly key: string;
  readonly fingerprint: Buffer;
}

export type ClaimResult =
  /** Ours to do. `abandoned` is the payment of a process that died with this key. */
  | { readonly kind: 'claimed'; readonly abandoned: string | null }
  | { readonly kind: 'answered'; readonly answer: OpenedPaymentView };

/** The `Idempotency-Key` header by the IETF draft: one key, one request, one answer, for 72 hours. */
@Injectable()
export class Idempotency {
  constructor(
    @InjectRepository(IdempotencyKey) private readonly keys: Repository<IdempotencyKey>,
    private readonly box: SecretBox,
  ) {}

  /**
   * Claims the key for a payment that is about to be recorded, in that payment's transaction. Of two requests at once
   * the second waits here for the first one's commit, and then finds the key taken.
   * @param lockSeconds after which an unanswered claim counts as abandoned
   */
  async claim(manager: EntityManager, claim: Claim, paymentId: string, lockSeconds: number): Promise<ClaimResult> {
    const { partnerId, billerId, key, fingerprint } = claim;
    const expired = new Date(Date.now() - KEPT_HOURS * 3_600_000);
    await manager.delete(IdempotencyKey, { partnerId, billerId, key, createdAt: LessThan(expired) });
    const inserted = await manager.query<{ key: string }[]>(
      `insert into idempotency_keys (partner_id, biller_id, key, fingerprint, payment_id, locked_until)
       values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
       on conflict do nothing returning key`,
      [partnerId, billerId, key, fingerprint, paymentId, lockSeconds],
    );
    if (inserted.length > 0) return { kind: 'claimed', abandoned: null };

    const taken = await manager.findOneOrFail(IdempotencyKey, {
      where: { partnerId, billerId, key },
      lock: { mode: 'pessimistic_write' },
    });
    if (!taken.fingerprint.equals(fingerprint)) {
      throw new IdempotencyKeyReused('Use a new Idempotency-Key for a new request; a key stands for one body.');
    }
    if (taken.answerSealed !== null && taken.paymentId !== null) {
      const answer = this.box.open(taken.answerSealed, taken.paymentId, ANSWER);
      return { kind: 'answered', answer: JSON.parse(answer) as OpenedPaymentView };
    }
    if (taken.lockedUntil > new Date()) {
      throw new IdempotencyKeyInUse('Wait for the answer of that request, or send this one again in a few seconds.', {
        retryAfter: 2,
      });
    }
    await manager.query(
      `update idempotency_keys set payment_id = $4, locked_until = now() + make_interval(secs => $5)
       where partner_id = $1 and biller_id = $2 and key = $3`,
      [partnerId, billerId, key, paymentId, lockSeconds],
    );
    return { kind: 'claimed', abandoned: taken.paymentId };
  }

  /** Keeps the answer, in the transaction that records what it says. */
  async answer(manager: EntityManager, claim: Claim, answer: OpenedPaymentView): Promise<void> {
    const { partnerId, billerId, key } = claim;
    const answerSealed = this.box.seal(JSON.stringify(answer), answer.id, ANSWER);
    await manager.update(IdempotencyKey, { partnerId, billerId, key, paymentId: answer.id }, { answerSealed });
  }

  /** Frees the key of a request that failed, so that the next try with it works. */
  async release(manager: EntityManager, claim: Claim, paymentId: string): Promise<void> {
    const { partnerId, billerId, key } = claim;
    await manager.delete(IdempotencyKey, { partnerId, billerId, key, paymentId });
  }

  /** Removes keys past their 72 hours. @returns how many */
  async sweep(): Promise<number> {
    const expired = new Date(Date.now() - KEPT_HOURS * 3_600_000);
    const { affected } = await this.keys.delete({ createdAt: LessThan(expired) });
    return affected ?? 0;
  }
}

/** The same for requests that mean the same: names are already canonical and stand in the order of the design. */
export const fingerprintOf = (request: object): Buffer => createHash('sha256').update(JSON.stringify(request)).digest();
