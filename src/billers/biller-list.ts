import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { isId } from '../common/id.js';
import { InvalidRequest } from '../common/platform-error.js';
import { Biller } from './biller.entity.js';

/** What a list can be sorted by, in PostgreSQL's own idea of small letters: each is a column with an index that ends in the id. */
const ORDERS = {
  name: { column: 'lower(b.name)', value: 'lower(:after)', of: (biller: Biller) => biller.name },
  dba: { column: 'lower(b.dba)', value: 'lower(:after)', of: (biller: Biller) => biller.dba },
  createdAt: { column: 'b.id', value: ':after', of: (biller: Biller) => biller.id },
} as const;

export const BILLER_ORDERS = Object.keys(ORDERS).flatMap((name) => [name, `-${name}`]);

export interface BillerQuery {
  readonly search?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly mode?: string | undefined;
  readonly active?: boolean | undefined;
  /** One of BILLER_ORDERS. */
  readonly sort: string;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Pages of billers by keyset, at the cost of a page, however many billers there are. */
@Injectable()
export class BillerList {
  constructor(@InjectRepository(Biller) private readonly billers: Repository<Biller>) {}

  /** @throws InvalidRequest when the cursor is of another order */
  async page(query: BillerQuery): Promise<{ billers: Biller[]; nextCursor: string | null }> {
    const down = query.sort.startsWith('-');
    const order = ORDERS[query.sort.replace('-', '') as keyof typeof ORDERS];
    const select = this.billers.createQueryBuilder('b');
    if (query.partnerId) select.andWhere('b.partnerId = :partnerId', { partnerId: query.partnerId });
    if (query.mode) select.andWhere('b.mode = :mode', { mode: query.mode });
    if (query.active !== undefined) select.andWhere(`b.deactivatedAt is ${query.active ? '' : 'not '}null`);
    if (query.search) {
      const begins = `${query.search.replace(/[\\%_]/g, '\\$&')}%`;
      if (isId(query.search)) select.andWhere('(b.billerGuid = :id or b.id = :id)', { id: query.search });
      else select.andWhere('(lower(b.name) like lower(:begins) or lower(b.dba) like lower(:begins))', { begins });
    }
    if (query.cursor) {
      const [sort, after, id] = readCursor(query.cursor);
      const usable = isId(id) && (order.column === 'b.id' ? isId(after) : !/\p{Cc}/u.test(after ?? ''));
      if (sort !== query.sort || !usable) {
        throw InvalidRequest.of([{ field: 'cursor', reason: 'must be the nextCursor of a page in the same order' }]);
      }
      select.andWhere(`(${order.column}, b.id) ${down ? '<' : '>'} (${order.value}, :afterId)`, { after, afterId: id });
    }
    const direction = down ? 'DESC' : 'ASC';
    if (order.column !== 'b.id') select.orderBy(order.column, direction);
    const found = await select
      .addOrderBy('b.id', direction)
      .limit(query.limit + 1)
      .getMany();
    const billers = found.slice(0, query.limit);
    const last = billers.at(-1);
    const more = found.length > billers.length && last;
    return { billers, nextCursor: more ? writeCursor([query.sort, order.of(last), last.id]) : null };
  }
}

const writeCursor = (parts: readonly string[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

function readCursor(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts.map(String) : [];
  } catch {
    return [];
  }
}
