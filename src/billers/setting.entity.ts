import { Check, Column, Entity, ForeignKey, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { Biller } from './biller.entity.js';

/** Setting 36 of the technical design: "SSO - One Time Payment ReturnUrl", a value of its own for every biller. */
export const ONE_TIME_PAYMENT_RETURN_URL = 36;

/** What an advanced setting of Invoice Cloud is. */
@Entity('setting_definitions')
@Check('setting_definitions_type_check', `type in ('url')`)
export class SettingDefinition {
  /** Invoice Cloud's own number. */
  @PrimaryColumn('integer') id: number;
  @Column('text') name: string;
  @Column('text') type: 'url';
  @Column('boolean') uniquePerBiller: boolean;
}

@Entity('biller_settings')
export class BillerSetting {
  @PrimaryColumn('uuid') @ForeignKey(() => Biller, { name: 'biller_settings_biller_fkey' }) billerId: string;
  @PrimaryColumn('integer')
  @ForeignKey(() => SettingDefinition, { name: 'biller_settings_setting_fkey' })
  settingId: number;
  @Column('text') value: string;
  @UpdateDateColumn({ type: 'timestamptz', default: () => 'now()' }) updatedAt: Date;
}
