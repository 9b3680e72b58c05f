import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';

/** Who calls us: a company whose backend sends requests and receives deliveries. */
@Entity('partners')
@Unique('partners_name_key', ['name'])
export class Partner {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  /** Replays that were asked for go out one after the other up to this time, the next one after it: those of live billers, */
  @Column('timestamptz', { nullable: true }) replaysUntil: Date | null;
  /** and those of test billers, which keep no live one waiting. */
  @Column('timestamptz', { nullable: true }) testReplaysUntil: Date | null;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
}
