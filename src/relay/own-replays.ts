import { Injectable } from '@nestjs/common';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import type { Caller } from '../partners/access.js';
import { DeliveryQueries } from './delivery-queries.js';
import type { DeliveryDetailView, ReplayView } from './delivery.view.js';
import type { ReplayOwnDeliveries } from './deliveries.dto.js';
import { Replays } from './replays.js';

/** Replays that a partner asks for: of its own alone, and audited under the key that asked. */
@Injectable()
export class OwnReplays {
  constructor(
    private readonly audit: AuditTrail,
    private readonly replays: Replays,
    private readonly queries: DeliveryQueries,
  ) {}

  async one(actor: Actor, caller: Caller, id: string): Promise<DeliveryDetailView> {
    await this.audit.change(actor, async (change) => {
      const { before } = await this.replays.one(change.manager, caller, id);
      change.record('delivery.replay', `delivery:${id}`, { status: before }, { status: 'pending' });
    });
    return this.queries.get(caller, id);
  }

  async many(actor: Actor, caller: Caller, wanted: ReplayOwnDeliveries): Promise<ReplayView> {
    if (wanted.dryRun) return this.replays.count(caller, wanted);
    return this.audit.change(actor, async (change) => {
      const answer = await this.replays.many(change.manager, caller, wanted);
      change.record('deliveries.replay', `partner:${caller.partnerId}`, null, { ...wanted, replayed: answer.replayed });
      return answer;
    });
  }
}
