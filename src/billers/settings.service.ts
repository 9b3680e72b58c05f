import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { newId } from '../common/id.js';
import { InvalidRequest } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { Biller } from './biller.entity.js';
import { BillerNotFound, SettingIdTaken, SettingNotFound } from './errors.js';
import { BillerSetting, BillerSettingChange, SettingDefinition } from './setting.entity.js';
import { refuseValue } from './setting-values.js';

export interface EffectiveSetting {
  readonly definition: SettingDefinition;
  /** Null: there is none. */
  readonly value: string | null;
  readonly source: 'biller' | 'default' | 'none';
}

/** Advanced settings: what they are, and what they are at each biller. */
@Injectable()
export class SettingsService {
  constructor(
    @InjectRepository(BillerSetting) private readonly settings: Repository<BillerSetting>,
    @InjectRepository(SettingDefinition) private readonly definitions: Repository<SettingDefinition>,
    @InjectRepository(BillerSettingChange) private readonly changes: Repository<BillerSettingChange>,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  listDefinitions(): Promise<SettingDefinition[]> {
    return this.definitions.find({ order: { id: 'ASC' } });
  }

  /** @throws SettingNotFound */
  async definition(id: number): Promise<SettingDefinition> {
    const definition = await this.definitions.findOneBy({ id });
    if (!definition) throw new SettingNotFound(`Setting ${id} is not defined; GET /admin/v1/setting-definitions.`);
    return definition;
  }

  /** @throws SettingIdTaken, InvalidRequest when the default does not fit */
  async define(change: Change, definition: SettingDefinition): Promise<SettingDefinition> {
    const refused =
      definition.defaultValue === null
        ? undefined
        : refuseValue(definition, definition.defaultValue, this.config.urlPolicy);
    if (refused) throw InvalidRequest.of([{ field: 'defaultValue', reason: refused }]);
    if (definition.uniquePerBiller && definition.defaultValue !== null) {
      const reason = 'can not go with uniquePerBiller: every biller has a value of its own';
      throw InvalidRequest.of([{ field: 'defaultValue', reason }]);
    }
    try {
      await change.manager.insert(SettingDefinition, definition);
    } catch (error) {
      if (isUniqueViolation(error)) throw new SettingIdTaken(`Setting ${definition.id} is defined already.`);
      throw error;
    }
    change.record('setting-definition.create', `setting:${definition.id}`, null, { ...definition });
    return definition;
  }

  /** The value that counts. @returns undefined when neither the biller nor the definition has one */
  async valueOf(billerId: string, settingId: number): Promise<string | undefined> {
    const own = await this.settings.findOneBy({ billerId, settingId });
    if (own) return own.value;
    return (await this.definitions.findOneBy({ id: settingId }))?.defaultValue ?? undefined;
  }

  /** Every setting that is defined, with the value that counts at this biller and where it comes from. */
  async effective(billerId: string): Promise<EffectiveSetting[]> {
    const own = new Map(
      (await this.settings.findBy({ billerId })).map((setting) => [setting.settingId, setting.value]),
    );
    return (await this.listDefinitions()).map((definition) => {
      const value = own.get(definition.id) ?? definition.defaultValue;
      const source = own.has(definition.id) ? 'biller' : definition.defaultValue !== null ? 'default' : 'none';
      return { definition, value, source };
    });
  }

  /** Every value it had, the newest first. */
  history(billerId: string, settingId: number): Promise<BillerSettingChange[]> {
    // By the database's clock: administrators may be served by several processes.
    return this.changes.find({ where: { billerId, settingId }, order: { setAt: 'DESC', id: 'DESC' }, take: 200 });
  }

  /** How many other billers have this very value. */
  async countSame(billerId: string, settingId: number, value: string): Promise<number> {
    const [row] = await this.settings.query<{ n: string }[]>(
      `select count(*) as n from biller_settings
       where setting_id = $1 and md5(value) = md5($2) and value = $2 and biller_id <> $3`,
      [settingId, value, billerId],
    );
    return Number(row?.n ?? 0);
  }

  /** @param value null takes the biller's own away. @throws SettingNotFound, BillerNotFound, InvalidRequest */
  async set(change: Change, billerId: string, settingId: number, value: string | null): Promise<void> {
    const biller = await change.manager.findOne(Biller, {
      where: { id: billerId },
      lock: { mode: 'for_no_key_update' },
    });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    const definition = await change.manager.findOneBy(SettingDefinition, { id: settingId });
    if (!definition)
      throw new SettingNotFound(`Setting ${settingId} is not defined; GET /admin/v1/setting-definitions.`);
    const refused = value === null ? undefined : refuseValue(definition, value, this.config.urlPolicy);
    if (refused) throw InvalidRequest.of([{ field: 'value', reason: refused }]);

    const before = (await change.manager.findOneBy(BillerSetting, { billerId, settingId }))?.value ?? null;
    if (value === null) await change.manager.delete(BillerSetting, { billerId, settingId });
    else {
      const row = { billerId, settingId, value, updatedAt: new Date() };
      await change.manager.upsert(BillerSetting, row, ['billerId', 'settingId']);
    }
    const setBy = change.actor.name;
    await change.manager.insert(BillerSettingChange, { id: newId(), billerId, settingId, value, setBy });
    change.record('biller.set-setting', `biller:${billerId}`, { settingId, value: before }, { settingId, value });
  }
}
