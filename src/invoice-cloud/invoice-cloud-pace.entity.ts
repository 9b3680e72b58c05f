import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a biller with an outbound limit may call Invoice Cloud next, for all processes together. */
@Entity('invoice_cloud_pace')
export class InvoiceCloudPace {
  @PrimaryColumn('uuid') billerId: string;
  @Column('timestamptz') nextAt: Date;
}
