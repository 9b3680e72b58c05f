import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Or, Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { isApiKey, newApiKey } from '../common/api-key.js';
import { refuseEnded } from '../common/platform-error.js';
import { newId } from '../common/id.js';
import { isInRanges } from '../common/ip-ranges.js';
import { digestOf } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
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

/** Who may configure: the holder of ADMIN_KEY, of an administrator key, or of a token of the configured issuer. */
@Injectable()
export class AdministratorsService {
  private readonly first: Buffer;

  constructor(
    @InjectRepository(AdminKey) private readonly keys: Repository<AdminKey>,
    private readonly oidc: Oidc,
    @Inject(CONFIG) config: Config,
  ) {
    this.first = digestOf(config.adminKey);
  }

  /** @returns undefined when the credential is none of an administrator's, or not from this address */
  async authenticate(credential: string, ip: string): Promise<Administrator | undefined> {
    if (timingSafeEqual(digestOf(credential), this.first)) return { name: 'ADMIN_KEY', role: 'owner' };
    if (isApiKey(credential)) return this.byKey(credential, ip);
    const found = await this.oidc.authenticate(credential);
    return found && { name: `oidc ${found.subject}`, role: found.role };
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
    const now = new Date();
    if (!key || key.revokedAt || (key.expiresAt && key.expiresAt <= now)) return undefined;
    if (!isInRanges(ip, key.allowedIps)) return undefined;
    const minuteAgo = new Date(now.getTime() - 60_000);
    if (!key.lastUsedAt || key.lastUsedAt < minuteAgo) {
      await this.keys.update({ id: key.id, lastUsedAt: Or(IsNull(), LessThan(minuteAgo)) }, { lastUsedAt: now });
    }
    return { name: `key ${key.id} (${key.name})`, role: key.role };
  }
}

export const soonest = (a: Date | null, b: Date): Date => (a && a < b ? a : b);
