import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { newId } from '../common/id.js';
import { Memory } from '../database/memory.js';
import { hashOf } from './chain.js';

/** Who changes something, and from where. */
export interface Actor {
  /** @example 'ADMIN_KEY', 'key 018f… (night shift)', 'oidc jane@example.com' */
  readonly name: string;
  readonly ip: string;
  readonly requestId: string;
}

interface Entry {
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * The right to change something that administrators own. Only the audit trail gives one out, so that a service whose
 * methods ask for it can't be used past the trail: the compiler says so.
 */
export class Change {
  private readonly entries: Entry[] = [];

  /** @internal */
  constructor(
    /** The transaction in which change and event stand or fall together. */
    readonly manager: EntityManager,
    readonly actor: Actor,
  ) {}

  /**
   * @param action what was done, as `thing.verb`
   * @param target what it was done to, as `thing:id`
   * @param before and after hold no secret: put `fingerprintOf` in its place
   */
  record(action: string, target: string, before: unknown, after: unknown): void {
    this.entries.push({ action, target, before, after });
  }

  /** @internal */
  recorded(): readonly Entry[] {
    return this.entries;
  }
}

@Injectable()
export class AuditTrail {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    /** Of a process that serves; a command has none. */
    @Inject(Memory) private readonly memory: Pick<Memory, 'forget'>,
  ) {}

  /**
   * Does the work and appends what it recorded, in one transaction.
   * @throws Error when the work recorded nothing: a change without an event is undone
   */
  async change<T>(actor: Actor, work: (change: Change) => Promise<T>): Promise<T> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        const change = new Change(manager, actor);
        const result = await work(change);
        if (change.recorded().length === 0) throw new Error('a change by an administrator recorded no event');
        await this.append(manager, actor, change.recorded());
        return result;
      });
    } finally {
      // Also after an error: of a commit whose answer was lost nobody knows.
      this.memory.forget();
    }
  }

  private async append(manager: EntityManager, actor: Actor, entries: readonly Entry[]): Promise<void> {
    const [head] = await manager.query<{ seq: string; hash: Buffer }[]>(
      `select seq, hash from audit_head for no key update`,
    );
    if (!head) throw new Error('the audit trail has no head');
    let { hash } = head;
    let seq = BigInt(head.seq);
    for (const entry of entries) {
      seq += 1n;
      // To the millisecond, as it comes back: the hash covers it.
      const link = {
        seq: String(seq),
        id: newId(),
        at: new Date(),
        actor: actor.name,
        ...entry,
        ip: actor.ip,
        requestId: actor.requestId,
      };
      const next = hashOf(hash, link);
      await manager.query(
        `insert into audit_events (seq, id, at, actor, action, target, before, after, ip, request_id, prev_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [
          link.seq,
          link.id,
          link.at,
          link.actor,
          link.action,
          link.target,
          json(link.before),
          json(link.after),
          link.ip,
          link.requestId,
          hash,
          next,
        ],
      );
      hash = next;
    }
    await manager.query(`update audit_head set seq = $1, hash = $2`, [String(seq), hash]);
  }
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

/** Tells one secret from another without telling either. For secrets of 128 bits or more. */
export const fingerprintOf = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret, 'utf8').digest('hex').slice(0, 16)}`;
