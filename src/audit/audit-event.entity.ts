import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** A change by an administrator. Append-only by trigger, and chained: each hash covers the one before. */
@Entity('audit_events')
@Unique('audit_events_id_key', ['id'])
@Index('audit_events_target_idx', ['target', 'seq'])
@Index('audit_events_actor_idx', ['actor', 'seq'])
@Index('audit_events_action_idx', ['action', 'seq'])
export class AuditEvent {
  @PrimaryColumn('bigint') seq: string;
  @Column('uuid') id: string;
  @Column('timestamptz') at: Date;
  @Column('text') actor: string;
  @Column('text') action: string;
  @Column('text') target: string;
  @Column('jsonb', { nullable: true }) before: unknown;
  @Column('jsonb', { nullable: true }) after: unknown;
  @Column('text') ip: string;
  @Column('text') requestId: string;
  @Column('bytea') prevHash: Buffer;
  @Column('bytea') hash: Buffer;
}

/** The end of the chain: one row, locked by whoever appends. */
@Entity('audit_head')
@Check('audit_head_one_check', 'id')
export class AuditHead {
  @PrimaryColumn('boolean', { default: true }) id: boolean;
  @Column('bigint') seq: string;
  @Column('bytea') hash: Buffer;
}
