import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { PartnerNameTaken, PartnerNotFound } from './errors.js';
import { Partner } from './partner.entity.js';

const WEBHOOK_SECRET = 'webhook-secret';

@Injectable()
export class PartnersService {
  constructor(
    @InjectRepository(Partner) private readonly partners: Repository<Partner>,
    private readonly box: SecretBox,
  ) {}

  /** @returns the partner and its webhook secret, which is shown this once */
  async create(change: Change, name: string): Promise<{ partner: Partner; webhookSecret: string }> {
    const id = newId();
    const webhookSecret = newWebhookSecret();
    const sealed = this.box.seal(webhookSecret, id, WEBHOOK_SECRET);
    try {
      await change.manager.insert(Partner, { id, name, webhookSecret: sealed });
    } catch (error) {
      if (isUniqueViolation(error)) throw new PartnerNameTaken('Choose another name, or use that partner.');
      throw error;
    }
    change.record('partner.create', `partner:${id}`, null, { name, webhookSecret: fingerprintOf(webhookSecret) });
    return { partner: await change.manager.findOneByOrFail(Partner, { id }), webhookSecret };
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
  async rollWebhookSecret(change: Change, id: string): Promise<string> {
    await this.get(id);
    const webhookSecret = newWebhookSecret();
    await change.manager.update(Partner, { id }, { webhookSecret: this.box.seal(webhookSecret, id, WEBHOOK_SECRET) });
    const after = { webhookSecret: fingerprintOf(webhookSecret) };
    change.record('partner.roll-webhook-secret', `partner:${id}`, null, after);
    return webhookSecret;
  }

  /** What signs a delivery to this partner. */
  async webhookSecretOf(id: string): Promise<string> {
    return this.box.open((await this.get(id)).webhookSecret, id, WEBHOOK_SECRET);
  }
}

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. */
const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
