import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { IsNull, LessThan, Or, Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { isApiKey, newApiKey } from '../common/api-key.js';
import { refuseEnded } from '../common/platform-error.js';
import { newId } from '../common/id.js';
import { isInRanges } from '../common/ip-ranges.js';
import { digestOf } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseUnavailable } from '../database/unavailable.js';
import { AdminKey } from './admin-key.entity.js';
import { AdminKeyNotFound } from './errors.js';
import { Oidc } from './oidc.js';
import type { Role } from './role.js';

export interface Administrator {
  /** As it stands in the audit trail. */
  readonly name: string;
  readonly role: Role;
}

export interface NewAdminKey {
  readonly name: string;
  readonly role: Role;
  readonly allowedIps?: readonly string[] | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** For so long a key that was verified can be recalled without the database: a night and some. Milliseconds. */
const RECALLED_MS = 24 * 3_600_000;
const MOST_RECALLED = 1_000;

/** Who may configure: the holder of ADMIN_KEY, of an administrator key, or of a token of the configured issuer. */
@Injectable()
export class AdministratorsService {
  private readonly first: Buffer;
  /** By the digest of the key, as of its last verification. */
  private readonly verified = new LRUCache<string, AdminKey>({ max: MOST_RECALLED, ttl: RECALLED_MS });

  constructor(
    @InjectRepository(AdminKey) private readonly keys: Repository<AdminKey>,
    private readonly oidc: Oidc,
    @Inject(CONFIG) config: Config,
  ) {
    this.first = digestOf(config.adminKey);
  }

  /** @returns undefined when the credential is none of an administrator's, or not from this address */
  async authenticate(credential: string, ip: string): Promise<Administrator | undefined> {
    return this.isFirst(credential) ?? (isApiKey(credential) ? this.byKey(credential, ip) : this.byToken(credential));
  }

  /**
   * The same without the database, for what may be seen with a key that was revoked within the last day.
   * @throws DatabaseUnavailable when this process has not verified the key in that time
   */
  async recall(credential: string, ip: string): Promise<Administrator | undefined> {
    const first = this.isFirst(credential);
    if (first) return first;
    if (!isApiKey(credential)) return this.byToken(credential);
    const key = this.verified.get(nameOf(credential));
    if (key) return inForce(key, ip);
    throw new DatabaseUnavailable(
      'The database is away, and this process has not seen this key in the last day. Use ADMIN_KEY, or ask again later.',
    );
  }

  list(): Promise<AdminKey[]> {
    return this.keys.find({ order: { id: 'ASC' } });
  }

  /** @returns the record and the key, which is shown this once */
  async create(
    change: Change,
    wanted: NewAdminKey,
    rolledFrom: AdminKey | null = null,
  ): Promise<{ record: AdminKey; key: string }> {
    const key = newApiKey('admin');
    const id = newId();
    const { name, role, allowedIps = [], expiresAt = null } = wanted;
    const row = {
      id,
      name,
      role,
      digest: digestOf(key),
      lastFour: key.slice(-4),
      allowedIps: [...allowedIps],
      expiresAt,
    };
    await change.manager.insert(AdminKey, { ...row, rolledFrom: rolledFrom?.id ?? null });
    const after = { name, role, allowedIps, expiresAt, key: fingerprintOf(key) };
    change.record('admin-key.create', `admin-key:${id}`, null, after);
    return { record: await change.manager.findOneByOrFail(AdminKey, { id }), key };
  }

  /** A new key of the same kind; the old one ends after the overlap. @param overlapHours from 0 to 168 */
  async roll(change: Change, id: string, overlapHours: number): Promise<{ record: AdminKey; key: string }> {
    const old = await this.find(change, id);
    refuseEnded(old);
    const expiresAt = soonest(old.expiresAt, new Date(Date.now() + overlapHours * 3_600_000));
    await change.manager.update(AdminKey, { id }, { expiresAt });
    change.record('admin-key.expire', `admin-key:${id}`, { expiresAt: old.expiresAt }, { expiresAt });
    return this.create(change, { ...old, expiresAt: null }, old);
  }

  /** In force at once, on every process: keys are looked up at every request. */
  async revoke(change: Change, id: string): Promise<AdminKey> {
    const key = await this.find(change, id);
    const revokedAt = key.revokedAt ?? new Date();
    await change.manager.update(AdminKey, { id }, { revokedAt });
    this.verified.delete(key.digest.toString('base64'));
    change.record('admin-key.revoke', `admin-key:${id}`, { revokedAt: key.revokedAt }, { revokedAt });
    return { ...key, revokedAt };
  }

  private async find(change: Change, id: string): Promise<AdminKey> {
    const key = await change.manager.findOne(AdminKey, { where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!key) throw new AdminKeyNotFound('Check the id; GET /admin/v1/admin-keys lists the keys.');
    return key;
  }

  private async byKey(credential: string, ip: string): Promise<Administrator | undefined> {
    const key = await this.keys.findOneBy({ digest: digestOf(credential) });
    const administrator = key && inForce(key, ip);
    if (!administrator) {
      this.verified.delete(nameOf(credential));
      return undefined;
    }
    this.verified.set(nameOf(credential), key);
    const now = new Date();
    const minuteAgo = new Date(now.getTime() - 60_000);
    if (!key.lastUsedAt || key.lastUsedAt < minuteAgo) {
      await this.keys.update({ id: key.id, lastUsedAt: Or(IsNull(), LessThan(minuteAgo)) }, { lastUsedAt: now });
    }
    return administrator;
  }

  private isFirst(credential: string): Administrator | undefined {
    return timingSafeEqual(digestOf(credential), this.first) ? { name: 'ADMIN_KEY', role: 'owner' } : undefined;
  }

  private async byToken(token: string): Promise<Administrator | undefined> {
    const found = await this.oidc.authenticate(token);
    return found && { name: `oidc ${found.subject}`, role: found.role };
  }
}

const nameOf = (credential: string): string => digestOf(credential).toString('base64');

/** @returns undefined when the key was revoked, has expired, or is not for this address */
function inForce(key: AdminKey, ip: string): Administrator | undefined {
  if (key.revokedAt || (key.expiresAt && key.expiresAt <= new Date()) || !isInRanges(ip, key.allowedIps))
    return undefined;
  return { name: `key ${key.id} (${key.name})`, role: key.role };
}

export const soonest = (a: Date | null, b: Date): Date => (a && a < b ? a : b);
