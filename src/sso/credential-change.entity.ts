import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';

export const CHANGE_STATUSES = ['waiting', 'applying', 'applied', 'refused', 'expired', 'failed'] as const;

/** `waiting`: for the user's click; `applying`: Invoice Cloud is being asked; the others are final. */
export type ChangeStatus = (typeof CHANGE_STATUSES)[number];

export type Changed = 'email' | 'password';

/** A change of e-mail address or password that waits for the user's approval by mail. */
@Entity('credential_changes')
@Unique('credential_changes_token_digest_key', ['tokenDigest'])
@Check(
  'credential_changes_status_check',
  `status in ('waiting', 'applying', 'applied', 'refused', 'expired', 'failed')`,
)
@Check('credential_changes_wiped_check', `status in ('waiting', 'applying') or new_password_sealed is null`)
@Index('credential_changes_address_idx', ['addressDigest', 'createdAt'])
@Index('credential_changes_open_idx', ['expiresAt'], { where: `status in ('waiting', 'applying')` })
export class CredentialChange {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'credential_changes_biller_fkey' }) billerId: string;
  @Column('text') status: ChangeStatus;
  /** An account of the user. Owner is the change's id, field `account`. */
  @Column('text') accountSealed: string;
  /** The address at Invoice Cloud, to which the mail went. Owner is the change's id, field `email`. */
  @Column('text') emailSealed: string;
  /** Owner is the change's id, field `new-email`. */
  @Column('text', { nullable: true }) newEmailSealed: string | null;
  /** Owner is the change's id, field `new-password`. Wiped with the last word on the change, whatever it is. */
  @Column('text', { nullable: true }) newPasswordSealed: string | null;
  @Column('text', { array: true }) changes: Changed[];
  /** What Invoice Cloud has taken already. */
  @Column('text', { array: true, default: () => `'{}'` }) done: Changed[];
  /** Masked, for My360. */
  @Column('text') sentTo: string;
  /** Of biller and address, so that one user is not asked too often. */
  @Column('bytea') addressDigest: Buffer;
  @Column('bytea') tokenDigest: Buffer;
  @Column('text', { nullable: true }) failureCode: string | null;
  /** Until then the process that applies it counts as alive. */
  @Column('timestamptz', { nullable: true }) claimedUntil: Date | null;
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) decidedAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
