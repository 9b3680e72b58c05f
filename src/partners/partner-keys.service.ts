import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Or, Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { isApiKey, newApiKey } from '../common/api-key.js';
import { refuseEnded } from '../common/platform-error.js';
import { newId } from '../common/id.js';
import { isInRanges } from '../common/ip-ranges.js';
import { digestOf } from '../common/secret-box.js';
import { type Kept, Memory } from '../database/memory.js';
import { finder } from '../database/prepared.js';
import { PartnerKeyNotFound } from './errors.js';
import { type Mode, PartnerKey, type Scope, SCOPES } from './partner-key.entity.js';

export interface NewPartnerKey {
  readonly name: string;
  readonly mode: Mode;
  readonly billerIds?: readonly string[] | null | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly allowedIps?: readonly string[] | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** In memory, of a few hundred bytes each. */
const MOST_KEPT = 10_000;

/** The API keys of partners: operation (scopes) × billers × mode. */
@Injectable()
export class PartnerKeysService {
  private readonly byDigest;
  private readonly kept: Kept<PartnerKey>;

  constructor(
    @InjectRepository(PartnerKey) private readonly keys: Repository<PartnerKey>,
    memory: Memory,
  ) {
    this.kept = memory.keep(MOST_KEPT);
    this.byDigest = finder(keys.manager.connection, PartnerKey, 'digest = $1');
  }

  list(partnerId: string): Promise<PartnerKey[]> {
    return this.keys.find({ where: { partnerId }, order: { id: 'ASC' } });
  }

  /** @returns the record and the key, which is shown this once */
  async create(
    change: Change,
    partnerId: string,
    wanted: NewPartnerKey,
    rolledFrom: string | null = null,
  ): Promise<{ record: PartnerKey; key: string }> {
    const key = newApiKey(wanted.mode);
    const id = newId();
    const row = {
      id,
      partnerId,
      name: wanted.name,
      mode: wanted.mode,
      billerIds: wanted.billerIds ? [...wanted.billerIds] : null,
      scopes: [...(wanted.scopes ?? SCOPES)],
      allowedIps: [...(wanted.allowedIps ?? [])],
      expiresAt: wanted.expiresAt ?? null,
      rolledFrom,
    };
    await change.manager.insert(PartnerKey, { ...row, digest: digestOf(key), lastFour: key.slice(-4) });
    change.record('partner-key.create', `partner-key:${id}`, null, { ...row, key: fingerprintOf(key) });
    return { record: await change.manager.findOneByOrFail(PartnerKey, { id }), key };
  }

  /** A new key that may do the same; the old one ends after the overlap. @param overlapHours from 0 to 168 */
  async roll(
    change: Change,
    partnerId: string,
    id: string,
    overlapHours: number,
  ): Promise<{ record: PartnerKey; key: string }> {
    const old = await this.find(change, partnerId, id);
    refuseEnded(old);
    await this.expire(change, partnerId, id, new Date(Date.now() + overlapHours * 3_600_000));
    return this.create(change, partnerId, { ...old, expiresAt: null }, old.id);
  }

  /** Brings the end of a key nearer; one that ends sooner is left as it is. */
  async expire(change: Change, partnerId: string, id: string, at: Date): Promise<PartnerKey> {
    const key = await this.find(change, partnerId, id);
    const expiresAt = key.expiresAt && key.expiresAt < at ? key.expiresAt : at;
    await change.manager.update(PartnerKey, { id }, { expiresAt });
    change.record('partner-key.expire', `partner-key:${id}`, { expiresAt: key.expiresAt }, { expiresAt });
    return { ...key, expiresAt };
  }

  /** In force in this process with the answer, in the others with PostgreSQL's notification (docs/decisions/0006). */
  async revoke(change: Change, partnerId: string, id: string): Promise<PartnerKey> {
    const key = await this.find(change, partnerId, id);
    const revokedAt = key.revokedAt ?? new Date();
    await change.manager.update(PartnerKey, { id }, { revokedAt });
    change.record('partner-key.revoke', `partner-key:${id}`, { revokedAt: key.revokedAt }, { revokedAt });
    return { ...key, revokedAt };
  }

  /** The key's record, or null when it is unknown, expired, revoked, or not allowed from this address. */
  async findByKey(key: string, ip: string): Promise<PartnerKey | null> {
    if (!isApiKey(key)) return null;
    const digest = digestOf(key);
    const found = await this.kept.get(digest.toString('base64'), () => this.byDigest([digest]));
    const now = new Date();
    if (!found || found.revokedAt || (found.expiresAt && found.expiresAt <= now)) return null;
    if (!isInRanges(ip, found.allowedIps)) return null;
    const minuteAgo = new Date(now.getTime() - 60_000);
    if (!found.lastUsedAt || found.lastUsedAt < minuteAgo) {
      // First here, so that of many requests at once one alone says so.
      found.lastUsedAt = now;
      await this.keys.update({ id: found.id, lastUsedAt: Or(IsNull(), LessThan(minuteAgo)) }, { lastUsedAt: now });
    }
    return found;
  }

  private async find(change: Change, partnerId: string, id: string): Promise<PartnerKey> {
    const key = await change.manager.findOne(PartnerKey, {
      where: { id, partnerId },
      lock: { mode: 'for_no_key_update' },
    });
    if (!key) throw new PartnerKeyNotFound('Check the id; GET /admin/v1/partners/{partnerId}/keys lists the keys.');
    return key;
  }
}
