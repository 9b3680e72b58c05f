import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';

/** A payer who is signed in to Invoice Cloud. */
@Entity('sso_sessions')
@Index('sso_sessions_expires_idx', ['expiresAt'], { where: 'token_sealed is not null' })
export class SsoSession {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'sso_sessions_biller_fkey' }) billerId: string;
  /** Owner is the session's id, field `email`. */
  @Column('text') emailSealed: string;
  /** The RemoteAuthenticationToken. Owner is the session's id, field `token`. Null once the session is over. */
  @Column('text', { nullable: true }) tokenSealed: string | null;
  @Column('text', { nullable: true }) customerGuid: string | null;
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}
