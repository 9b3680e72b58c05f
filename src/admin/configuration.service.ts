import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { type Actor, AuditTrail, type Change } from '../audit/audit-trail.js';
import { Biller } from '../billers/biller.entity.js';
import { type BillerFacts, factErrors, FACTS, factsOf, NO_FACTS } from '../billers/biller-rules.js';
import { BillersService } from '../billers/billers.service.js';
import { InvoiceCloudKey } from '../billers/invoice-cloud-key.entity.js';
import { BillerSetting, SettingDefinition } from '../billers/setting.entity.js';
import { refuseValue } from '../billers/setting-values.js';
import { SettingsService } from '../billers/settings.service.js';
import { type FieldError, InvalidRequest } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { Partner } from '../partners/partner.entity.js';
import { PartnersService } from '../partners/partners.service.js';
import { BillerDetails } from './biller-details.js';
import type { BillerRow, Configuration, SettingDefinitionRow } from './configuration.dto.js';
import type { DifferenceView } from './configuration.view.js';

/** What is there now, by the names that a file uses. */
interface Present {
  readonly partners: ReadonlyMap<string, Partner>;
  readonly definitions: ReadonlyMap<number, SettingDefinition>;
  readonly billers: ReadonlyMap<string, Biller>;
  /** Biller id to its own values by number. */
  readonly settings: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

interface Row extends DifferenceView {
  readonly apply?: (change: Change) => Promise<void>;
}

/** The services that a row is written with. */
@Injectable()
export class ConfigurationWriters {
  constructor(
    readonly partners: PartnersService,
    readonly settings: SettingsService,
    private readonly billers: BillersService,
  ) {}

  async biller(
    change: Change,
    known: Biller | undefined,
    partnerName: string,
    facts: BillerFacts,
    settings: ReadonlyMap<number, string>,
  ): Promise<void> {
    const partner = await change.manager.findOneByOrFail(Partner, { name: partnerName });
    const biller = known
      ? await this.billers.update(change, known.id, undefined, facts)
      : await this.billers.create(change, partner.id, facts);
    const own = await change.manager.findBy(BillerSetting, { billerId: biller.id });
    for (const { settingId } of own) {
      if (!settings.has(settingId)) await this.settings.set(change, biller.id, settingId, null);
    }
    for (const [settingId, value] of settings) {
      if (own.some((one) => one.settingId === settingId && one.value === value)) continue;
      await this.settings.set(change, biller.id, settingId, value);
    }
  }
}

@Injectable()
export class ConfigurationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditTrail,
    private readonly writers: ConfigurationWriters,
    private readonly details: BillerDetails,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Everything but secrets, in an order that does not change by itself. */
  async export(): Promise<Configuration> {
    const { manager } = this.dataSource;
    const { partners, definitions, billers, settings } = await presentIn(manager);
    const keys = await manager.find(InvoiceCloudKey, { where: { isCurrent: true } });
    const names = new Map([...partners.values()].map(({ id, name }) => [id, name]));
    const referenceTo = (billerId: string, kind: string): string | undefined => {
      const key = keys.find((one) => one.billerId === billerId && one.kind === kind);
      return key && `secret:${kind}/version-${key.version}/ends-in-${key.lastFour}`;
    };
    return {
      version: 1,
      partners: [...partners.values()].map(({ name }) => ({ name })),
      settingDefinitions: [...definitions.values()].map(definitionRow),
      billers: [...billers.values()].map((biller) => ({
        ...withoutNulls(factsOf(biller)),
        partner: names.get(biller.partnerId) ?? '',
        settings: Object.fromEntries(settings.get(biller.id) ?? []),
        ...withoutNulls({
          apiKey: referenceTo(biller.id, 'api-key') ?? null,
          webServiceKey: referenceTo(biller.id, 'web-service-key') ?? null,
        }),
      })),
    } as unknown as Configuration;
  }

  /**
   * Brings the platform to what the file says; what the file does not name stays. All or nothing.
   * @param dryRun changes nothing and answers the same
   * @throws InvalidRequest naming every row that is not valid
   */
  async import(actor: Actor, wanted: Configuration, dryRun: boolean): Promise<DifferenceView[]> {
    const rows = await this.compare(wanted, await presentIn(this.dataSource.manager));
    if (!dryRun && rows.some(({ action }) => action !== 'unchanged')) {
      await this.audit.change(actor, async (change) => {
        // Of two imports at once the second one compares with what the first one has made.
        await change.manager.query('select pg_advisory_xact_lock(hashtext($1))', ['configuration import']);
        for (const row of await this.compare(wanted, await presentIn(change.manager))) await row.apply?.(change);
        const counts = { rows: rows.length, changed: rows.filter(({ action }) => action !== 'unchanged').length };
        change.record('configuration.import', 'configuration:all', null, counts);
      });
    }
    return rows.map(({ kind, name, action, changes }) => ({ kind, name, action, changes }));
  }

  private async compare(wanted: Configuration, present: Present): Promise<Row[]> {
    const errors: FieldError[] = [];
    const rows = [
      ...wanted.partners.map(({ name }) => this.ofPartner(name, present)),
      ...wanted.settingDefinitions.map((row, i) => this.ofDefinition(row, present, `settingDefinitions[${i}]`, errors)),
      ...wanted.billers.map((row, i) => this.ofBiller(row, wanted, present, `billers[${i}]`, errors)),
    ];
    if (errors.length > 0) throw InvalidRequest.of(errors);
    return Promise.resolve(rows);
  }

  private ofPartner(name: string, { partners }: Present): Row {
    if (partners.has(name)) return { kind: 'partner', name, action: 'unchanged', changes: {} };
    return {
      kind: 'partner',
      name,
      action: 'create',
      changes: {},
      apply: async (change) => void (await this.writers.partners.create(change, name)),
    };
  }

  private ofDefinition(row: SettingDefinitionRow, present: Present, at: string, errors: FieldError[]): Row {
    const before = present.definitions.get(row.id);
    const name = `${row.id} ${row.name}`;
    const after = definitionOf(row);
    if (after.type === 'choice' && !after.choices)
      errors.push({ field: `${at}.choices`, reason: 'is required of a choice' });
    if (before && !isDeepStrictEqual({ ...before }, { ...after })) {
      errors.push({
        field: at,
        reason: `differs from setting ${row.id} as it is defined; definitions are not changed`,
      });
    }
    if (before) return { kind: 'setting-definition', name, action: 'unchanged', changes: {} };
    return {
      kind: 'setting-definition',
      name,
      action: 'create',
      changes: {},
      apply: async (change) => void (await this.writers.settings.define(change, after)),
    };
  }

  private ofBiller(row: BillerRow, wanted: Configuration, present: Present, at: string, errors: FieldError[]): Row {
    const known = present.billers.get(row.billerGuid.toLowerCase());
    const facts = this.factsIn(row, at, errors);
    if (!present.partners.has(row.partner) && !wanted.partners.some(({ name }) => name === row.partner)) {
      errors.push({ field: `${at}.partner`, reason: 'is no partner of this platform or of this file' });
    }
    if (known && known.partnerId !== present.partners.get(row.partner)?.id) {
      errors.push({ field: `${at}.partner`, reason: 'is not the partner that has this biller; billers are not moved' });
    }
    if (known && known.mode !== row.mode) errors.push({ field: `${at}.mode`, reason: `is ${known.mode} and stays so` });
    const settings = this.settingsIn(row, wanted, present, at, errors);
    const before = known
      ? { ...factsOf(known), settings: Object.fromEntries(present.settings.get(known.id) ?? []) }
      : {};
    const changes = differences(before, {
      ...facts,
      settings: Object.fromEntries(settings),
    });
    const changed = Object.keys(changes).length > 0;
    return {
      kind: 'biller',
      name: `${row.billerGuid.toLowerCase()} ${row.name}`,
      action: known ? (changed ? 'update' : 'unchanged') : 'create',
      changes: known ? changes : {},
      ...(changed && { apply: (change: Change) => this.writers.biller(change, known, row.partner, facts, settings) }),
    };
  }

  private factsIn(row: BillerRow, at: string, errors: FieldError[]): BillerFacts {
    const given = Object.fromEntries(FACTS.filter((name) => name in row).map((name) => [name, row[name]]));
    try {
      const facts = { ...NO_FACTS, ...given, ...this.details.read(row) } as unknown as BillerFacts;
      const refused = factErrors(facts, this.config.urlPolicy);
      errors.push(...refused.map(({ field, reason }) => ({ field: `${at}.${field}`, reason })));
      return { ...facts, billerGuid: facts.billerGuid.toLowerCase() };
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      errors.push(...(error.errors ?? []).map((one) => ({ ...one, field: `${at}.${one.field}` })));
      return NO_FACTS as unknown as BillerFacts;
    }
  }

  private settingsIn(
    row: BillerRow,
    wanted: Configuration,
    { definitions }: Present,
    at: string,
    errors: FieldError[],
  ): Map<number, string> {
    const settings = new Map<number, string>();
    for (const [number, value] of Object.entries(row.settings ?? {})) {
      const field = `${at}.settings["${number.slice(0, 20)}"]`;
      const id = Number(number);
      const inFile = wanted.settingDefinitions.find((one) => one.id === id);
      const definition = definitions.get(id) ?? (inFile && definitionOf(inFile));
      const refused = !definition
        ? 'is no setting that is defined'
        : typeof value !== 'string'
          ? 'must be text'
          : refuseValue(definition, value, this.config.urlPolicy);
      if (refused) errors.push({ field, reason: refused });
      else settings.set(id, value);
    }
    return settings;
  }
}

async function presentIn(manager: EntityManager): Promise<Present> {
  const partners = await manager.find(Partner, { order: { name: 'ASC' } });
  const definitions = await manager.find(SettingDefinition, { order: { id: 'ASC' } });
  const billers = await manager.find(Biller, { order: { billerGuid: 'ASC' } });
  const settings = new Map<string, Map<number, string>>();
  for (const { billerId, settingId, value } of await manager.find(BillerSetting, { order: { settingId: 'ASC' } })) {
    settings.set(billerId, (settings.get(billerId) ?? new Map<number, string>()).set(settingId, value));
  }
  return {
    partners: new Map(partners.map((partner) => [partner.name, partner])),
    definitions: new Map(definitions.map((definition) => [definition.id, definition])),
    billers: new Map(billers.map((biller) => [biller.billerGuid, biller])),
    settings,
  };
}

const definitionOf = (row: SettingDefinitionRow): SettingDefinition => ({
  id: row.id,
  name: row.name,
  type: row.type,
  uniquePerBiller: row.uniquePerBiller,
  defaultValue: row.defaultValue ?? null,
  choices: row.choices ?? null,
  workflow: row.workflow ?? null,
});

const definitionRow = (definition: SettingDefinition): SettingDefinitionRow =>
  withoutNulls({ ...definition }) as unknown as SettingDefinitionRow;

const withoutNulls = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));

function differences(before: Record<string, unknown>, after: Record<string, unknown>): DifferenceView['changes'] {
  return Object.fromEntries(
    Object.keys(after)
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]),
  );
}
