import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, MoreThan, Not, Or, Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { LastWebhookSecret, PartnerNotFound, WebhookSecretNotFound } from './errors.js';
import { Partner } from './partner.entity.js';
import { WebhookSecret, type WebhookSecretKind } from './webhook-secret.entity.js';

const FIELD = 'webhook-secret';
/** A secret that has ended is shown in the list for so long, and then forgotten. */
const KEPT_DAYS = 30;

export interface CreatedWebhookSecret {
  readonly record: WebhookSecret;
  readonly shown: string;
}

/** What signs deliveries: looked up for every batch of them, so that a change is in force on every process at once. */
@Injectable()
export class WebhookSecretsService {
  constructor(
    @InjectRepository(WebhookSecret) private readonly secrets: Repository<WebhookSecret>,
    private readonly box: SecretBox,
  ) {}

  /** Oldest first. */
  list(partnerId: string): Promise<WebhookSecret[]> {
    return this.secrets.find({ where: { partnerId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** The sealed secrets in force of these partners; `open` opens one. */
  async inForce(partnerIds: readonly string[]): Promise<WebhookSecret[]> {
    const expiresAt = Or(IsNull(), MoreThan(new Date()));
    return this.secrets.find({ where: { partnerId: In([...partnerIds]), expiresAt }, order: { createdAt: 'DESC' } });
  }

  /** @throws SealBroken */
  open({ sealed, partnerId }: WebhookSecret): string {
    return this.box.open(sealed, partnerId, FIELD);
  }

  /** @returns the record, and what is shown this once: the secret, or the public key (the private one never leaves us) */
  async create(change: Change, partnerId: string, kind: WebhookSecretKind): Promise<CreatedWebhookSecret> {
    const { secret, publicKey } = kind === 'hmac' ? newSecret() : newKeyPair();
    const record = {
      id: newId(),
      partnerId,
      kind,
      sealed: this.box.seal(secret, partnerId, FIELD),
      lastFour: kind === 'hmac' ? secret.slice(-4) : null,
      publicKey,
      expiresAt: null,
    };
    await change.manager.insert(WebhookSecret, record);
    const made = await change.manager.findOneByOrFail(WebhookSecret, { id: record.id });
    return { record: made, shown: publicKey ?? secret };
  }

  /**
   * A new secret; those of its kind go on for the overlap, and every delivery is signed with all of them.
   * @param overlapHours from 0 to 168
   */
  async roll(
    change: Change,
    partnerId: string,
    kind: WebhookSecretKind,
    overlapHours: number,
  ): Promise<CreatedWebhookSecret> {
    await this.lock(change, partnerId);
    const endsAt = new Date(Date.now() + overlapHours * 3_600_000);
    const later = Or(IsNull(), MoreThan(endsAt));
    await change.manager.update(WebhookSecret, { partnerId, kind, expiresAt: later }, { expiresAt: endsAt });
    const made = await this.create(change, partnerId, kind);
    const after = { webhookSecret: fingerprintOf(made.shown), kind, othersEndAt: endsAt };
    change.record('partner.roll-webhook-secret', `partner:${partnerId}`, null, after);
    return made;
  }

  /**
   * Ends a secret at once.
   * @throws LastWebhookSecret when none would be left that stays: deliveries would then go out unsigned
   */
  async expire(change: Change, partnerId: string, id: string): Promise<WebhookSecret> {
    await this.lock(change, partnerId);
    const secret = await change.manager.findOneBy(WebhookSecret, { id, partnerId });
    if (!secret) {
      throw new WebhookSecretNotFound('Check the id; GET /admin/v1/partners/{partnerId}/webhook-secrets lists them.');
    }
    const others = await change.manager.countBy(WebhookSecret, { partnerId, expiresAt: IsNull(), id: Not(id) });
    if (others === 0) throw new LastWebhookSecret('Roll it instead: a new one then takes its place.');
    const now = new Date();
    const expiresAt = secret.expiresAt && secret.expiresAt < now ? secret.expiresAt : now;
    await change.manager.update(WebhookSecret, { id }, { expiresAt });
    const before = { expiresAt: secret.expiresAt };
    change.record('webhook-secret.expire', `webhook-secret:${id}`, before, { partnerId, expiresAt });
    return { ...secret, expiresAt };
  }

  async forget(): Promise<void> {
    await this.secrets.delete({ expiresAt: LessThan(new Date(Date.now() - KEPT_DAYS * 86_400_000)) });
  }

  /** Changes of one partner's secrets wait for each other, so that the last one can't be ended twice over. */
  private async lock(change: Change, id: string): Promise<void> {
    const partner = await change.manager.findOne(Partner, { where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!partner) throw new PartnerNotFound('Check the partner id; GET /admin/v1/partners lists them.');
  }
}

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. */
const newSecret = (): { secret: string; publicKey: null } => ({
  secret: `whsec_${randomBytes(32).toString('base64')}`,
  publicKey: null,
});

/** Standard Webhooks: `whsk_` and base64 of the seed, `whpk_` and base64 of the public key; 32 bytes each. */
function newKeyPair(): { secret: string; publicKey: string } {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const inBase64 = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('base64');
  return { secret: `whsk_${inBase64(d)}`, publicKey: `whpk_${inBase64(x)}` };
}
