import { Injectable } from '@nestjs/common';
import { type Actor, AuditTrail } from '../audit/audit-trail.js';
import type { ListEndpointsQuery, ReplayDeliveries } from '../relay/deliveries.dto.js';
import { DeliveryQueries } from '../relay/delivery-queries.js';
import {
  type DeliveryDetailView,
  type EndpointPageView,
  endpointView,
  type EndpointView,
  type ReplayView,
} from '../relay/delivery.view.js';
import { EndpointsService } from '../relay/endpoints.service.js';
import { Replays } from '../relay/replays.js';

/** Care for deliveries and the endpoints that take them. */
@Injectable()
export class RelayAdminService {
  constructor(
    private readonly audit: AuditTrail,
    private readonly replays: Replays,
    private readonly queries: DeliveryQueries,
    private readonly switches: EndpointsService,
  ) {}

  async replay(actor: Actor, id: string): Promise<DeliveryDetailView> {
    await this.audit.change(actor, async (change) => {
      const { before } = await this.replays.one(change.manager, null, id);
      change.record('delivery.replay', `delivery:${id}`, { status: before }, { status: 'pending' });
    });
    return this.queries.get(null, id);
  }

  replayAll(actor: Actor, wanted: ReplayDeliveries): Promise<ReplayView> {
    if (wanted.dryRun) return this.replays.count(null, wanted);
    return this.audit.change(actor, async (change) => {
      const answer = await this.replays.many(change.manager, null, wanted);
      const target = wanted.partnerId ? `partner:${wanted.partnerId}` : 'deliveries';
      change.record('deliveries.replay', target, null, { ...wanted, replayed: answer.replayed });
      return answer;
    });
  }

  async endpoints(query: ListEndpointsQuery): Promise<EndpointPageView> {
    const { endpoints, nextCursor } = await this.switches.page(query);
    return { data: endpoints.map(endpointView), nextCursor };
  }

  async enable(actor: Actor, id: string): Promise<EndpointView> {
    return endpointView(await this.audit.change(actor, (change) => this.switches.enable(change, id)));
  }

  async disable(actor: Actor, id: string, reason: string): Promise<EndpointView> {
    return endpointView(await this.audit.change(actor, (change) => this.switches.disable(change, id, reason)));
  }
}
