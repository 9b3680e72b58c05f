import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Biller } from './biller.entity.js';

export const SECRET_KINDS = ['api-key', 'web-service-key'] as const;

/** `api-key`: for the REST services and CPv2; `web-service-key`: for the SOAP services (observed). */
export type SecretKind = (typeof SECRET_KINDS)[number];

/** A version of a biller's secret at Invoice Cloud, sealed. One of each kind is in use. */
@Entity('invoice_cloud_keys')
@Unique('invoice_cloud_keys_version_key', ['billerId', 'kind', 'version'])
@Check('invoice_cloud_keys_kind_check', `kind in ('api-key', 'web-service-key')`)
@Check('invoice_cloud_keys_current_check', `not is_current or sealed is not null`)
@Index('invoice_cloud_keys_current_key', ['billerId', 'kind'], { unique: true, where: 'is_current' })
export class InvoiceCloudKey {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'invoice_cloud_keys_biller_fkey' }) billerId: string;
  @Column('text', { default: 'api-key' }) kind: SecretKind;
  @Column('integer') version: number;
  /** Owner is the biller's id, field `invoice-cloud-<kind>`. Wiped when it can't be brought back any more. */
  @Column('text', { nullable: true }) sealed: string | null;
  @Column('text') lastFour: string;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) setAt: Date;
  @Column('text', { default: 'unknown' }) setBy: string;
  @Column('boolean', { default: false }) isCurrent: boolean;
  /** When it was replaced last. */
  @Column('timestamptz', { nullable: true }) retiredAt: Date | null;
  /** Of one that was replaced: until then it can be brought back. */
  @Column('timestamptz', { nullable: true }) usableUntil: Date | null;
}
