import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { Role } from './role.js';

/** A key of an administrator. As with partner keys, the key itself is shown once and looked up by its digest. */
@Entity('admin_keys')
@Unique('admin_keys_digest_key', ['digest'])
@Check('admin_keys_role_check', `role in ('owner', 'operator', 'auditor')`)
export class AdminKey {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text') role: Role;
  @Column('bytea') digest: Buffer;
  @Column('text') lastFour: string;
  /** IP addresses and CIDR ranges; empty: any. */
  @Column('text', { array: true, default: () => `'{}'` }) allowedIps: string[];
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
  /** To the minute. */
  @Column('timestamptz', { nullable: true }) lastUsedAt: Date | null;
  /** The key that this one replaces. */
  @Column('uuid', { nullable: true }) rolledFrom: string | null;
}
