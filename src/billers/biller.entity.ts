import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import type { Mode } from '../partners/partner-key.entity.js';
import { numericColumn } from '../database/database.js';
import { Partner } from '../partners/partner.entity.js';

export type PolicyValue = string | number | boolean;

/**
 * What a biller fixes in every Cloud Payments request. Keys are paths in the request's own names, such as
 * `PageLoadOverride` or `Customers.Invoices.TypeID`; values are as on the wire (amounts in dollars).
 */
export interface CloudPayPolicy {
  /** Filled in when omitted; another value is refused. */
  readonly pinned: Readonly<Record<string, PolicyValue>>;
  /** Filled in when omitted. */
  readonly defaults: Readonly<Record<string, PolicyValue>>;
}

/** For whom we act: an organisation with an account at Invoice Cloud. Belongs to the partner that serves it. */
@Entity('billers')
@Unique('billers_biller_guid_key', ['billerGuid'])
@Index('billers_partner_id_idx', ['partnerId', 'id'])
@Index('billers_unsettled_idx', ['unsettledUntil'], { where: 'unsettled_until is not null' })
// Expressions, which TypeORM can't describe; they are made by the migration.
@Index('billers_name_idx', { synchronize: false })
@Index('billers_dba_idx', { synchronize: false })
@Index('billers_name_search_idx', { synchronize: false })
@Index('billers_dba_search_idx', { synchronize: false })
@Check('billers_mode_check', `mode in ('test', 'live')`)
@Check('billers_outbound_check', `outbound_per_second > 0`)
export class Biller {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Partner, { name: 'billers_partner_fkey' }) partnerId: string;
  @Column('text') name: string;
  /** "Doing business as": what payers read. */
  @Column('text') dba: string;
  /** Invoice Cloud's id of this biller; stands in every PostBack. */
  @Column('uuid') billerGuid: string;
  @Column('text') mode: Mode;
  /** Where it is not the platform's own INVOICE_CLOUD_URL. */
  @Column('text', { nullable: true }) invoiceCloudUrl: string | null;
  @Column('jsonb') cloudPayPolicy: CloudPayPolicy;
  /** Origins of the portals that may frame Invoice Cloud's pages. */
  @Column('text', { array: true, default: () => `'{}'` }) portalOrigins: string[];
  /** Origins to which a payer may be sent from a page. */
  @Column('text', { array: true, default: () => `'{}'` }) returnOrigins: string[];
  /** Origins from which a page may take its style sheet. */
  @Column('text', { array: true, default: () => `'{}'` }) cssOrigins: string[];
  /** The style sheet of pages that ask for none. */
  @Column('text', { nullable: true }) cssUrl: string | null;
  /** The public "Pay Now" page where it is not the usual one of Invoice Cloud. */
  @Column('text', { nullable: true }) virtualSiteUrl: string | null;
  /** Life of a My360 session where Invoice Cloud does not say; null: the platform's default. Seconds. */
  @Column('integer', { nullable: true }) ssoTokenSeconds: number | null;
  /** Calls to Invoice Cloud that may be made a second, by all processes together; null: no limit. */
  @Column('numeric', { precision: 6, scale: 2, nullable: true, transformer: numericColumn })
  outboundPerSecond: number | null;
  /** Ask Invoice Cloud for an invoice's status where it lets us (SOAP; takes a Web Service Key). */
  @Column('boolean', { default: false }) askInvoiceStatus: boolean;
  /** How long a hosted page can be used; null: the platform's HOSTED_PAGE_SECONDS. Seconds. */
  @Column('integer', { nullable: true }) hostedPageSeconds: number | null;
  /** From then on partners can't act for it; what is under way ends as it would have. */
  @Column('timestamptz', { nullable: true }) deactivatedAt: Date | null;
  /** The database was restored to this time, without a whole journal: what was opened since is not known here. */
  @Column('timestamptz', { nullable: true }) unsettledSince: Date | null;
  /** Until then every page of that time has ended; openings are refused. Null: none are. */
  @Column('timestamptz', { nullable: true }) unsettledUntil: Date | null;
  /** Grows with every change; its ETag. */
  @Column('integer', { default: 1 }) revision: number;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz', default: () => 'now()' }) updatedAt: Date;
}
