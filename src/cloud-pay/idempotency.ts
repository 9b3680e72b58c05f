import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, Raw, Repository } from 'typeorm';
import { SecretBox } from '../common/secret-box.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from './errors.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import type { OpenedPaymentView } from './payment.view.js';

const KEPT_HOURS = 72;
export const ANSWER = 'idempotent-answer';

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
    await manager.delete(IdempotencyKey, { partnerId, billerId, key, createdAt: EXPIRED });
    const inserted = await manager.query<{ key: string }[]>(
      `insert into idempotency_keys (partner_id, biller_id, key, fingerprint, payment_id, locked_until)
       values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
       on conflict do nothing returning key`,
      [partnerId, billerId, key, fingerprint, paymentId, lockSeconds],
    );
    if (inserted.length > 0) return { kind: 'claimed', abandoned: null };

    const taken = await manager.findOne(IdempotencyKey, {
      where: { partnerId, billerId, key },
      lock: { mode: 'for_no_key_update' },
    });
    // The request that held it has failed in the meantime, and released it.
    if (!taken) return this.claim(manager, claim, paymentId, lockSeconds);
    const answer = this.answerIn(taken, fingerprint);
    if (answer) return { kind: 'answered', answer };
    const [, freed] = await manager.query<[unknown, number]>(
      `update idempotency_keys set payment_id = $4, locked_until = now() + make_interval(secs => $5)
       where partner_id = $1 and biller_id = $2 and key = $3 and locked_until <= now()`,
      [partnerId, billerId, key, paymentId, lockSeconds],
    );
    if (freed === 0) throw inUse();
    return { kind: 'claimed', abandoned: taken.paymentId };
  }

  /** The answer that a key has already, without claiming it. @throws IdempotencyKeyReused */
  async answered({ partnerId, billerId, key, fingerprint }: Claim): Promise<OpenedPaymentView | undefined> {
    const taken = await this.keys.findOneBy({ partnerId, billerId, key, createdAt: KEPT });
    return taken ? this.answerIn(taken, fingerprint) : undefined;
  }

  /**
   * Locks the key before its payment is touched, as `claim` does.
   * @throws IdempotencyKeyInUse when it was taken over: this request was taken for dead, and has no say any more
   */
  async hold(manager: EntityManager, { partnerId, billerId, key }: Claim, paymentId: string): Promise<void> {
    const mine = await manager.findOne(IdempotencyKey, {
      where: { partnerId, billerId, key, paymentId },
      lock: { mode: 'for_no_key_update' },
    });
    if (!mine) throw inUse();
  }

  /**
   * Keeps the answer, in the transaction that records what it says.
   * @param claimedFor the payment that the key was claimed for; the answer may be about an earlier one
   */
  async answer(manager: EntityManager, claim: Claim, claimedFor: string, answer: OpenedPaymentView): Promise<void> {
    const { partnerId, billerId, key } = claim;
    const answerSealed = this.box.seal(JSON.stringify(answer), answer.id, ANSWER);
    const mine = { partnerId, billerId, key, paymentId: claimedFor };
    await manager.update(IdempotencyKey, mine, { paymentId: answer.id, answerSealed });
  }

  /** Frees the key of a request that failed, so that the next try with it works. */
  async release(manager: EntityManager, claim: Claim, paymentId: string): Promise<void> {
    const { partnerId, billerId, key } = claim;
    await manager.delete(IdempotencyKey, { partnerId, billerId, key, paymentId });
  }

  /** Removes keys past their 72 hours. @returns how many */
  async sweep(): Promise<number> {
    const { affected } = await this.keys.delete({ createdAt: EXPIRED });
    return affected ?? 0;
  }

  private answerIn(taken: IdempotencyKey, fingerprint: Buffer): OpenedPaymentView | undefined {
    if (!taken.fingerprint.equals(fingerprint)) {
      throw new IdempotencyKeyReused('Use a new Idempotency-Key for a new request; a key stands for one body.');
    }
    if (taken.answerSealed === null || taken.paymentId === null) return undefined;
    return JSON.parse(this.box.open(taken.answerSealed, taken.paymentId, ANSWER)) as OpenedPaymentView;
  }
}

/** By the clock that wrote it, which is the database's. */
const EXPIRED = Raw((createdAt) => `${createdAt} < now() - interval '${KEPT_HOURS} hours'`);
const KEPT = Raw((createdAt) => `${createdAt} >= now() - interval '${KEPT_HOURS} hours'`);

const inUse = (): IdempotencyKeyInUse =>
  new IdempotencyKeyInUse('Wait for the answer of that request, or send this one again in a few seconds.', {
    retryAfter: 2,
  });

/**
 * The same for requests that mean the same: known names are canonical and stand in the order of the design; unknown ones,
 * which are forwarded, count as they were sent.
 * @param route a key of one route is not one of another
 */
export const fingerprintOf = (route: string, request: object): Buffer =>
  hash('sha256', route + JSON.stringify(request), 'buffer');
