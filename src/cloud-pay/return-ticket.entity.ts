import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Biller } from '../billers/biller.entity.js';
import { Payment } from './payment.entity.js';

/** One way back from Invoice Cloud. The ticket itself is in the return URL alone; this is its digest. */
@Entity('return_tickets')
@Index('return_tickets_expires_idx', ['expiresAt'])
export class ReturnTicket {
  @PrimaryColumn('bytea') digest: Buffer;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'return_tickets_biller_fkey' }) billerId: string;
  /** Null for a page of single sign-on. */
  @Column('uuid', { nullable: true }) @ForeignKey(() => Payment, { name: 'return_tickets_payment_fkey' }) paymentId:
    string | null;
  /** Which window is told, and may frame the page. */
  @Column('text') portalOrigin: string;
  /** Where its link leads. */
  @Column('text') returnUrl: string;
  @Column('timestamptz') expiresAt: Date;
}
