import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { SecretBox } from '../common/secret-box.js';
import { DeliveryAttempt } from './delivery-attempt.entity.js';
import { type DeliveryFilter, narrow, type Reach } from './delivery-filter.js';
import { type DeliveryDetailView, type DeliveryPageView, deliveryView } from './delivery.view.js';
import { Delivery } from './delivery.entity.js';
import { RelayEndpoint } from './endpoint.entity.js';
import { DeliveryNotFound } from './errors.js';

export interface PageQuery extends DeliveryFilter {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What became of deliveries, for administrators and for the partner whose they are. */
@Injectable()
export class DeliveryQueries {
  constructor(
    @InjectRepository(Delivery) private readonly deliveries: Repository<Delivery>,
    @InjectRepository(DeliveryAttempt) private readonly attempts: Repository<DeliveryAttempt>,
    @InjectRepository(RelayEndpoint) private readonly endpoints: Repository<RelayEndpoint>,
    private readonly box: SecretBox,
  ) {}

  /** Newest first, by keyset. */
  async page(reach: Reach | null, query: PageQuery): Promise<DeliveryPageView> {
    const select = this.deliveries.createQueryBuilder('d');
    narrow(select, reach, query);
    if (query.cursor) select.andWhere('d.id < :cursor', { cursor: query.cursor });
    const found = await select
      .orderBy('d.id', 'DESC')
      .limit(query.limit + 1)
      .getMany();
    const page = found.slice(0, query.limit);
    const endpoints = await this.endpoints.findBy({ id: In([...new Set(page.map(({ endpointId }) => endpointId))]) });
    return {
      data: page.map((delivery) =>
        deliveryView(
          delivery,
          endpoints.find(({ id }) => id === delivery.endpointId),
        ),
      ),
      nextCursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null,
    };
  }

  /** With every attempt, and what was answered. @throws DeliveryNotFound also when it is out of reach */
  async get(reach: Reach | null, id: string): Promise<DeliveryDetailView> {
    const select = this.deliveries.createQueryBuilder('d').where('d.id = :id', { id });
    narrow(select, reach, {});
    const delivery = await select.getOne();
    if (!delivery) throw new DeliveryNotFound('Check the id; delivered and parked ones are forgotten after 30 days.');
    const [endpoint, attempts] = await Promise.all([
      this.endpoints.findOneBy({ id: delivery.endpointId }),
      this.attempts.find({ where: { deliveryId: id }, order: { number: 'ASC' } }),
    ]);
    const history = attempts.map(({ number, at, ms, status, error, answerSealed }) => ({
      number,
      at: at.toISOString(),
      milliseconds: ms,
      status,
      error,
      answer: answerSealed === null ? null : this.box.open(answerSealed, id, `answer-${number}`),
    }));
    return { ...deliveryView(delivery, endpoint ?? undefined), history };
  }
}
