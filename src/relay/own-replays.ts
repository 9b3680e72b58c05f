import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Caller } from '../partners/access.js';
import { DeliveryQueries } from './delivery-queries.js';
import type { DeliveryDetailView, ReplayView } from './delivery.view.js';
import type { ReplayOwnDeliveries } from './deliveries.dto.js';
import { Replays } from './replays.js';

/** Replays that a partner asks for: of its own alone, and noted in the log by the key that asked. */
@Injectable()
export class OwnReplays {
  private readonly logger = new Logger('relay');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly replays: Replays,
    private readonly queries: DeliveryQueries,
  ) {}

  async one(caller: Caller, id: string): Promise<DeliveryDetailView> {
    await this.dataSource.transaction((manager) => this.replays.one(manager, caller, id));
    this.logger.log({ partnerId: caller.partnerId, keyId: caller.keyId, deliveryId: id }, 'replay asked for');
    return this.queries.get(caller, id);
  }

  async many(caller: Caller, wanted: ReplayOwnDeliveries): Promise<ReplayView> {
    if (wanted.dryRun) return this.replays.count(caller, wanted);
    const answer = await this.dataSource.transaction((manager) => this.replays.many(manager, caller, wanted));
    const { partnerId, keyId } = caller;
    this.logger.log({ partnerId, keyId, deliveries: answer.replayed }, 'replays asked for');
    return answer;
  }
}
