import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { SsoSession } from './sso-session.entity.js';

/** One opening of one portal page. The ticket itself is in the launch URL alone; this is its digest. */
@Entity('launch_tickets')
@Index('launch_tickets_expires_idx', ['expiresAt'])
export class LaunchTicket {
  @PrimaryColumn('bytea') digest: Buffer;
  @Column('uuid') @ForeignKey(() => SsoSession, { name: 'launch_tickets_session_fkey' }) sessionId: string;
  @Column('integer') redirectId: number;
  @Column('text') cssUrl: string;
  @Column('text', { nullable: true }) returnUrl: string | null;
  /** The portal that is told of the return; null: ReturnUrl goes to Invoice Cloud as it is. */
  @Column('text', { nullable: true }) portalOrigin: string | null;
  @Column('text', { nullable: true }) siteName: string | null;
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) usedAt: Date | null;
}
