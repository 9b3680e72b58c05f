import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { RelayEndpoint } from './endpoint.entity.js';
import { EndpointNotFound } from './errors.js';
import { CHANNEL } from './wake-up.js';

export interface EndpointQuery {
  readonly partnerId?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The switches of endpoints. Every claim of deliveries reads them, so that they work on every process at once. */
@Injectable()
export class EndpointsService {
  constructor(@InjectRepository(RelayEndpoint) private readonly endpoints: Repository<RelayEndpoint>) {}

  /** By id, which for most is by when they were first seen. */
  async page(query: EndpointQuery): Promise<{ endpoints: RelayEndpoint[]; nextCursor: string | null }> {
    const select = this.endpoints.createQueryBuilder('e');
    if (query.partnerId) select.andWhere('e.partnerId = :partnerId', { partnerId: query.partnerId });
    if (query.disabled !== undefined) select.andWhere(`e.disabledAt is ${query.disabled ? 'not ' : ''}null`);
    if (query.cursor) select.andWhere('e.id > :cursor', { cursor: query.cursor });
    const found = await select
      .orderBy('e.id', 'ASC')
      .limit(query.limit + 1)
      .getMany();
    const endpoints = found.slice(0, query.limit);
    return { endpoints, nextCursor: found.length > endpoints.length ? (endpoints.at(-1)?.id ?? null) : null };
  }

  /** What waited goes out at once, as fast as the bulkheads allow. */
  async enable(change: Change, id: string): Promise<RelayEndpoint> {
    const endpoint = await this.find(change, id);
    const after = {
      disabledAt: null,
      disabledReason: null,
      enabledAt: endpoint.disabledAt ? new Date() : endpoint.enabledAt,
    };
    // Its failures are forgotten as well: somebody has looked after it.
    const rested = { failures: 0, openUntil: null };
    await change.manager.update(RelayEndpoint, { id }, { ...after, ...rested });
    await change.manager.query(`select pg_notify('${CHANNEL}', '')`);
    this.record(change, 'enable', endpoint, after);
    return { ...endpoint, ...after, ...rested };
  }

  /** Nothing goes there from now on; what is recorded waits. */
  async disable(change: Change, id: string, reason: string): Promise<RelayEndpoint> {
    const endpoint = await this.find(change, id);
    const after = { disabledAt: endpoint.disabledAt ?? new Date(), disabledReason: reason };
    await change.manager.update(RelayEndpoint, { id }, after);
    this.record(change, 'disable', endpoint, after);
    return { ...endpoint, ...after };
  }

  private record(change: Change, verb: string, before: RelayEndpoint, after: Partial<RelayEndpoint>): void {
    const facts = ({ disabledAt, disabledReason }: Partial<RelayEndpoint>) => ({ disabledAt, disabledReason });
    change.record(`relay-endpoint.${verb}`, `relay-endpoint:${before.id}`, facts(before), facts(after));
  }

  private async find(change: Change, id: string): Promise<RelayEndpoint> {
    const endpoint = await change.manager.findOne(RelayEndpoint, {
      where: { id },
      lock: { mode: 'for_no_key_update' },
    });
    if (!endpoint) throw new EndpointNotFound('Check the id; GET /admin/v1/relay-endpoints lists them.');
    return endpoint;
  }
}
