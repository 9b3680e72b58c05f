import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { Biller } from './biller.entity.js';

/** Setting 36 of the technical design: "SSO - One Time Payment ReturnUrl", a value of its own for every biller. */
export const ONE_TIME_PAYMENT_RETURN_URL = 36;

export const SETTING_TYPES = ['text', 'number', 'boolean', 'url', 'choice'] as const;
export type SettingType = (typeof SETTING_TYPES)[number];

/** What an advanced setting of Invoice Cloud is. */
@Entity('setting_definitions')
@Check('setting_definitions_type_check', `type in ('text', 'number', 'boolean', 'url', 'choice')`)
@Check('setting_definitions_choices_check', `(type = 'choice') = (choices is not null)`)
export class SettingDefinition {
  /** Invoice Cloud's own number. */
  @PrimaryColumn('integer') id: number;
  @Column('text') name: string;
  @Column('text') type: SettingType;
  /** Every biller has a value of its own; none is a finding, the same at two billers a warning. */
  @Column('boolean') uniquePerBiller: boolean;
  @Column('text', { nullable: true }) defaultValue: string | null;
  @Column('text', { array: true, nullable: true }) choices: string[] | null;
  /** Which workflow reads it; null: none of this release. */
  @Column('text', { nullable: true }) workflow: string | null;
}

@Entity('biller_settings')
// By the value's digest, since a value may be longer than an index takes; an expression, made by the migration.
@Index('biller_settings_value_idx', { synchronize: false })
export class BillerSetting {
  @PrimaryColumn('uuid') @ForeignKey(() => Biller, { name: 'biller_settings_biller_fkey' }) billerId: string;
  @PrimaryColumn('integer')
  @ForeignKey(() => SettingDefinition, { name: 'biller_settings_setting_fkey' })
  settingId: number;
  @Column('text') value: string;
  @UpdateDateColumn({ type: 'timestamptz', default: () => 'now()' }) updatedAt: Date;
}

/** Every value that a setting had at a biller. Append-only by trigger. */
@Entity('biller_setting_changes')
@Index('biller_setting_changes_setting_idx', ['billerId', 'settingId', 'id'])
export class BillerSettingChange {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Biller, { name: 'biller_setting_changes_biller_fkey' }) billerId: string;
  @Column('integer')
  @ForeignKey(() => SettingDefinition, { name: 'biller_setting_changes_setting_fkey' })
  settingId: number;
  /** Null: it was taken away. */
  @Column('text', { nullable: true }) value: string | null;
  @Column('text') setBy: string;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) setAt: Date;
}
