import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Partner } from './partner.entity.js';

export type Mode = 'test' | 'live';

/** What a key may do. An operation that names none of these can't be reached with a partner key. */
export const SCOPES = [
  'cloud-pay:write',
  'cloud-pay:read',
  'sso:write',
  'sso:read',
  'relay:write',
  'relay:read',
] as const;
export type Scope = (typeof SCOPES)[number];

/** An API key of a partner. The key itself is shown once and not stored: it is looked up by its digest. */
@Entity('partner_keys')
@Unique('partner_keys_digest_key', ['digest'])
@Check('partner_keys_mode_check', `mode in ('test', 'live')`)
@Index('partner_keys_partner_id_idx', ['partnerId'])
export class PartnerKey {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Partner, 'id', { name: 'partner_keys_partner_fkey' }) partnerId: string;
  /** The billers this key acts for; null: every biller of the partner. */
  @Column('uuid', { array: true, nullable: true }) billerIds: string[] | null;
  @Column('text') name: string;
  @Column('text') mode: Mode;
  @Column('bytea') digest: Buffer;
  @Column('text') lastFour: string;
  @Column('text', { array: true }) scopes: Scope[];
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
  /** IP addresses and CIDR ranges; empty: any. */
  @Column('text', { array: true, default: () => `'{}'` }) allowedIps: string[];
  /** To the minute. */
  @Column('timestamptz', { nullable: true }) lastUsedAt: Date | null;
  /** The key that this one replaces. */
  @Column('uuid', { nullable: true }) rolledFrom: string | null;
}
