import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Sweepers } from '../common/sweepers.js';
import { WebhookSecretsService } from '../partners/webhook-secrets.service.js';
import { DeliveryQueue } from './delivery-queue.js';

/** Delivered ones after delivery, parked ones after parking; their payments keep the receipts. */
const KEPT_DAYS = 30;

@Injectable()
export class RelayJanitor implements OnApplicationBootstrap {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly queue: DeliveryQueue,
    private readonly secrets: WebhookSecretsService,
    private readonly sweepers: Sweepers,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepers.every('relay', [
      () => this.queue.wakeForgotten(),
      () => this.forgetDelivered(),
      () => this.forgetParked(),
      () => this.forgetEndpoints(),
      () => this.secrets.forget(),
    ]);
  }

  private forgetDelivered(): Promise<unknown> {
    return this.dataSource.query(
      `delete from deliveries where status = 'delivered' and delivered_at < now() - interval '${KEPT_DAYS} days'`,
    );
  }

  /** Nothing is dropped while its endpoint is switched off, nor before it has been on again for as long. */
  private forgetParked(): Promise<unknown> {
    return this.dataSource.query(
      `delete from deliveries d using relay_endpoints e
       where d.status = 'parked' and d.parked_at < now() - interval '${KEPT_DAYS} days' and e.id = d.endpoint_id
         and e.disabled_at is null and (e.enabled_at is null or e.enabled_at < now() - interval '${KEPT_DAYS} days')`,
    );
  }

  /** Of partners that write a payment's id into the path, there is one for each payment. */
  private forgetEndpoints(): Promise<unknown> {
    return this.dataSource.query(
      `delete from relay_endpoints e
       where created_at < now() - interval '${KEPT_DAYS} days' and disabled_at is null
         and not exists (select from deliveries d where d.endpoint_id = e.id)`,
    );
  }
}
