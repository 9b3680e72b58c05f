import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { newId } from '../common/id.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { isApiKey, newApiKey } from './api-key.js';
import { PartnerNameTaken, PartnerNotFound } from './errors.js';
import { SCOPES, type Mode, PartnerKey, type Scope } from './partner-key.entity.js';
import { Partner } from './partner.entity.js';

const WEBHOOK_SECRET = 'webhook-secret';

@Injectable()
export class PartnersService {
  constructor(
    @InjectRepository(Partner) private readonly partners: Repository<Partner>,
    @InjectRepository(PartnerKey) private readonly keys: Repository<PartnerKey>,
    private readonly box: SecretBox,
  ) {}

  /** @returns the partner and its webhook secret, which is shown this once */
  async create(name: string): Promise<{ partner: Partner; webhookSecret: string }> {
    const id = newId();
    const webhookSecret = newWebhookSecret();
    const sealed = this.box.seal(webhookSecret, id, WEBHOOK_SECRET);
    try {
      await this.partners.insert({ id, name, webhookSecret: sealed });
    } catch (error) {
      if (isUniqueViolation(error)) throw new PartnerNameTaken('Choose another name, or use that partner.');
      throw error;
    }
    return { partner: await this.get(id), webhookSecret };
  }

  list(): Promise<Partner[]> {
    return this.partners.find({ order: { id: 'ASC' } });
  }

  async get(id: string): Promise<Partner> {
    const partner = await this.partners.findOneBy({ id });
    if (!partner) throw new PartnerNotFound('Check the partner id; GET /admin/v1/partners lists them.');
    return partner;
  }

  /** The old secret stops at once: deliveries on their way carry the new signature. */
  async rollWebhookSecret(id: string): Promise<string> {
    await this.get(id);
    const webhookSecret = newWebhookSecret();
    await this.partners.update({ id }, { webhookSecret: this.box.seal(webhookSecret, id, WEBHOOK_SECRET) });
    return webhookSecret;
  }

  /** What signs a delivery to this partner. */
  async webhookSecretOf(id: string): Promise<string> {
    return this.box.open((await this.get(id)).webhookSecret, id, WEBHOOK_SECRET);
  }

  /** @returns the record and the key itself, which is shown this once */
  async createKey(
    partnerId: string,
    wanted: { name: string; mode: Mode; billerId?: string | undefined; scopes?: readonly Scope[] | undefined },
  ): Promise<{ record: PartnerKey; key: string }> {
    const key = newApiKey(wanted.mode);
    const id = newId();
    await this.keys.insert({
      id,
      partnerId,
      billerId: wanted.billerId ?? null,
      name: wanted.name,
      mode: wanted.mode,
      digest: digestOf(key),
      lastFour: key.slice(-4),
      scopes: [...(wanted.scopes ?? SCOPES)],
    });
    return { record: await this.keys.findOneByOrFail({ id }), key };
  }

  /** The key's record, or null when the key is unknown, expired or revoked. */
  async findByKey(key: string): Promise<PartnerKey | null> {
    if (!isApiKey(key)) return null;
    const found = await this.keys.findOneBy({ digest: digestOf(key) });
    if (!found || found.revokedAt) return null;
    return found.expiresAt && found.expiresAt <= new Date() ? null : found;
  }
}

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. */
const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
