import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { newId } from '../common/id.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { PartnerNameTaken, PartnerNotFound } from './errors.js';
import { Partner } from './partner.entity.js';
import { WebhookSecretsService } from './webhook-secrets.service.js';

@Injectable()
export class PartnersService {
  constructor(
    @InjectRepository(Partner) private readonly partners: Repository<Partner>,
    private readonly secrets: WebhookSecretsService,
  ) {}

  /** @returns the partner and its webhook secret, which is shown this once */
  async create(change: Change, name: string): Promise<{ partner: Partner; webhookSecret: string }> {
    const id = newId();
    try {
      await change.manager.insert(Partner, { id, name });
    } catch (error) {
      if (isUniqueViolation(error)) throw new PartnerNameTaken('Choose another name, or use that partner.');
      throw error;
    }
    const { shown: webhookSecret } = await this.secrets.create(change, id, 'hmac');
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
}
