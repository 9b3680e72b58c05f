import { Column, CreateDateColumn, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { Biller } from './biller.entity.js';

/** A biller's API key at Invoice Cloud, sealed. The highest version is the one in use. */
@Entity('invoice_cloud_keys')
@Unique('invoice_cloud_keys_version_key', ['billerId', 'version'])
export class InvoiceCloudKey {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'invoice_cloud_keys_biller_fkey' }) billerId: string;
  @Column('integer') version: number;
  /** Owner is the biller's id, field `invoice-cloud-api-key`. */
  @Column('text') sealed: string;
  @Column('text') lastFour: string;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) setAt: Date;
}
