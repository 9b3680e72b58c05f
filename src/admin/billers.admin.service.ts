import { Injectable } from '@nestjs/common';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import { type BillerFacts, NO_FACTS } from '../billers/biller-rules.js';
import { BillersService } from '../billers/billers.service.js';
import { BillerHasOpenPayments } from '../billers/errors.js';
import { UnsettledBillers } from '../billers/unsettled.js';
import { PaymentQueries } from '../cloud-pay/payment-queries.js';
import { PartnersService } from '../partners/partners.service.js';
import { BillerDetails } from './biller-details.js';
import type { ChangeBiller, CreateBiller } from './billers.dto.js';
import { type BillerDetailView, billerView, type BillerView } from './billers.view.js';

@Injectable()
export class BillersAdminService {
  constructor(
    private readonly audit: AuditTrail,
    private readonly partners: PartnersService,
    private readonly billers: BillersService,
    private readonly payments: PaymentQueries,
    private readonly details: BillerDetails,
    private readonly unsettled: UnsettledBillers,
  ) {}

  async create(actor: Actor, { partnerId, ...given }: CreateBiller): Promise<BillerView> {
    await this.partners.get(partnerId);
    const facts = { ...NO_FACTS, ...given, ...this.details.read(given) } as unknown as BillerFacts;
    return billerView(await this.audit.change(actor, (change) => this.billers.create(change, partnerId, facts)));
  }

  /** @param revision of the biller that the administrator has read */
  async update(actor: Actor, id: string, revision: number, given: ChangeBiller): Promise<BillerView> {
    const facts = { ...given, ...this.details.read(given) } as Partial<BillerFacts>;
    return billerView(await this.audit.change(actor, (change) => this.billers.update(change, id, revision, facts)));
  }

  /** @throws BillerHasOpenPayments with the count, unless forced */
  deactivate(actor: Actor, id: string, force: boolean): Promise<BillerView> {
    return this.audit.change(actor, async (change) => {
      const biller = await this.billers.setActive(change, id, false);
      // Counted behind the biller's lock, which a payment that is being opened waits for.
      const open = await this.payments.countOpen(change.manager, id);
      if (open === 0 || force) return billerView(biller);
      throw new BillerHasOpenPayments(
        `${open} payments are open: payers can still pay them. Wait until they end, or send {"force": true}; what is paid then is recorded all the same.`,
      );
    });
  }

  async setActive(actor: Actor, id: string, active: boolean): Promise<BillerView> {
    return billerView(await this.audit.change(actor, (change) => this.billers.setActive(change, id, active)));
  }

  /** Openings go on. */
  async settleRestore(actor: Actor, id: string): Promise<BillerView> {
    return billerView(await this.audit.change(actor, (change) => this.unsettled.settle(change, id)));
  }

  get(id: string): Promise<BillerDetailView> {
    return this.details.of(id);
  }
}
