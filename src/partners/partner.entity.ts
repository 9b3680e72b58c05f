import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';

/** Who calls us: a company whose backend sends requests and receives deliveries. */
@Entity('partners')
@Unique('partners_name_key', ['name'])
export class Partner {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  /** Sealed: owner is the partner's id, field `webhook-secret`. Signs what is relayed to this partner. */
  @Column('text') webhookSecret: string;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
}
