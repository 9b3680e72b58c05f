import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import { isId, newId } from '../common/id.js';
import { refuseUrl } from '../common/outbound-url.js';
import { InvalidRequest } from '../common/platform-error.js';
import { SecretBox } from '../common/secret-box.js';
import type { BillerCredentials } from '../invoice-cloud/invoice-cloud.client.js';
import type { Caller } from '../partners/access.js';
import { Biller } from './biller.entity.js';
import {
  BillerGuidTaken,
  BillerHasNoApiKey,
  BillerNotFound,
  KeyNotBound,
  ModeMismatch,
  SettingNotFound,
} from './errors.js';
import { InvoiceCloudKey } from './invoice-cloud-key.entity.js';
import { BillerSetting, SettingDefinition } from './setting.entity.js';

const API_KEY = 'invoice-cloud-api-key';

export type Portal = Pick<Biller, 'portalOrigins' | 'returnOrigins' | 'cssOrigins' | 'cssUrl'>;

export type NewBiller = Portal &
  Pick<Biller, 'partnerId' | 'name' | 'dba' | 'billerGuid' | 'mode' | 'invoiceCloudUrl' | 'cloudPayPolicy'>;

@Injectable()
export class BillersService {
  constructor(
    @InjectRepository(Biller) private readonly billers: Repository<Biller>,
    @InjectRepository(InvoiceCloudKey) private readonly keys: Repository<InvoiceCloudKey>,
    @InjectRepository(BillerSetting) private readonly settings: Repository<BillerSetting>,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The biller that a partner's request is for.
   * @param billerId from the path; undefined where the key itself is bound to one biller
   * @throws BillerNotFound also when it is another partner's: whether it exists is not theirs to know
   */
  async forCaller(caller: Caller, billerId: string | undefined): Promise<Biller> {
    const wanted = billerId ?? caller.billerId;
    if (!wanted) {
      throw new KeyNotBound('Use a key that is bound to one biller, or the routes under /v1/billers/{billerId}.');
    }
    const mayUse = isId(wanted) && (caller.billerId === null || caller.billerId === wanted.toLowerCase());
    const biller = mayUse ? await this.billers.findOneBy({ id: wanted, partnerId: caller.partnerId }) : null;
    if (!biller) throw new BillerNotFound('Check the biller id: this key knows no biller under it.');
    if (biller.mode !== caller.mode) {
      throw new ModeMismatch(`This biller is in ${biller.mode} mode; use a key that begins bb_${biller.mode}_.`);
    }
    return biller;
  }

  async get(id: string): Promise<Biller> {
    const biller = await this.billers.findOneBy({ id });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    return biller;
  }

  list(partnerId: string | undefined): Promise<Biller[]> {
    return this.billers.find({ where: partnerId ? { partnerId } : {}, order: { id: 'ASC' } });
  }

  async create(wanted: NewBiller): Promise<Biller> {
    this.checkUrl('invoiceCloudUrl', wanted.invoiceCloudUrl);
    this.checkPortal(wanted);
    const id = newId();
    try {
      await this.billers.insert({
        id,
        ...wanted,
        invoiceCloudUrl: wanted.invoiceCloudUrl?.replace(/\/+$/, '') ?? null,
      });
    } catch (error) {
      if (isUniqueViolation(error, 'billers_biller_guid_key')) {
        throw new BillerGuidTaken('A BillerGUID names one biller at Invoice Cloud; use the biller that has it.');
      }
      throw error;
    }
    return this.get(id);
  }

  /** Changes what is given and leaves the rest. */
  async setPortal(id: string, { portalOrigins, returnOrigins, cssOrigins, cssUrl }: Partial<Portal>): Promise<Biller> {
    const biller = await this.get(id);
    const changed = {
      portalOrigins: portalOrigins ?? biller.portalOrigins,
      returnOrigins: returnOrigins ?? biller.returnOrigins,
      cssOrigins: cssOrigins ?? biller.cssOrigins,
      cssUrl: cssUrl ?? biller.cssUrl,
    };
    this.checkPortal(changed);
    await this.billers.update({ id }, changed);
    return this.get(id);
  }

  /** In whose name Invoice Cloud is asked. @throws BillerHasNoApiKey */
  async credentialsOf(biller: Biller): Promise<BillerCredentials> {
    const key = await this.currentKey(biller.id);
    if (!key) {
      throw new BillerHasNoApiKey('An administrator sets it with PUT /admin/v1/billers/{billerId}/api-key.');
    }
    return { url: biller.invoiceCloudUrl ?? undefined, apiKey: this.box.open(key.sealed, biller.id, API_KEY) };
  }

  currentKey(billerId: string): Promise<InvoiceCloudKey | null> {
    return this.keys.findOne({ where: { billerId }, order: { version: 'DESC' } });
  }

  /** Sets the biller's API key at Invoice Cloud; the one before stays stored, sealed, and is no longer used. */
  async setApiKey(billerId: string, apiKey: string): Promise<InvoiceCloudKey> {
    await this.get(billerId);
    const sealed = this.box.seal(apiKey, billerId, API_KEY);
    return this.keys.manager.transaction(async (manager) => {
      // The biller's row orders those who set its key at once.
      await manager.findOne(Biller, { where: { id: billerId }, lock: { mode: 'pessimistic_write' } });
      const last = await manager.findOne(InvoiceCloudKey, { where: { billerId }, order: { version: 'DESC' } });
      const id = newId();
      const version = (last?.version ?? 0) + 1;
      await manager.insert(InvoiceCloudKey, { id, billerId, version, sealed, lastFour: apiKey.slice(-4) });
      return manager.findOneByOrFail(InvoiceCloudKey, { id });
    });
  }

  /** @returns undefined when it was not set for this biller */
  async setting(billerId: string, settingId: number): Promise<string | undefined> {
    return (await this.settings.findOneBy({ billerId, settingId }))?.value;
  }

  settingsOf(billerId: string): Promise<BillerSetting[]> {
    return this.settings.find({ where: { billerId }, order: { settingId: 'ASC' } });
  }

  async setSetting(billerId: string, settingId: number, value: string): Promise<BillerSetting> {
    await this.get(billerId);
    const definition = await this.settings.manager.findOneBy(SettingDefinition, { id: settingId });
    if (!definition) throw new SettingNotFound('Setting 36 (SSO - One Time Payment ReturnUrl) is known.');
    this.checkUrl('value', value);
    await this.settings.upsert({ billerId, settingId, value, updatedAt: new Date() }, ['billerId', 'settingId']);
    return this.settings.findOneByOrFail({ billerId, settingId });
  }

  private checkPortal(portal: Portal): void {
    const errors = (['portalOrigins', 'returnOrigins', 'cssOrigins'] as const).flatMap((field) =>
      portal[field].flatMap((origin, index) => {
        const refused = refuseUrl(origin, this.config.urlPolicy) ?? refuseMoreThanOrigin(origin);
        return refused ? [{ field: `${field}[${index}]`, reason: refused }] : [];
      }),
    );
    if (errors.length > 0) throw InvalidRequest.of(errors);
    this.checkUrl('cssUrl', portal.cssUrl);
  }

  private checkUrl(field: string, url: string | null): void {
    const refused = url === null ? undefined : refuseUrl(url, this.config.urlPolicy);
    if (refused) throw InvalidRequest.of([{ field, reason: refused }]);
  }
}

/** An origin goes into a Content-Security-Policy as it stands, so nothing but an origin may. */
const refuseMoreThanOrigin = (text: string): string | undefined =>
  new URL(text).origin === text ? undefined : `must be an origin alone, such as ${new URL(text).origin}`;
