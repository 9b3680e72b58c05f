import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Change } from '../audit/audit-trail.js';
import { isId, newId } from '../common/id.js';
import { CONFIG, type Config } from '../config/config.js';
import { type Kept, Memory } from '../database/memory.js';
import { finder } from '../database/prepared.js';
import { isUniqueViolation } from '../database/postgres-errors.js';
import type { BillerAtInvoiceCloud, BillerCredentials, InquiryCredentials } from '../invoice-cloud/credentials.js';
import type { Caller } from '../partners/access.js';
import { Biller } from './biller.entity.js';
import { type BillerFacts, checkFacts, factsOf } from './biller-rules.js';
import { BillerSecretsService } from './biller-secrets.service.js';
import {
  BillerDeactivated,
  BillerGuidTaken,
  BillerNotFound,
  BillerChanged,
  KeyNotBound,
  ModeMismatch,
} from './errors.js';

/** In memory, of one to two kilobytes each. */
const MOST_KEPT = 5_000;

@Injectable()
export class BillersService {
  private readonly ofPartner;
  private readonly kept: Kept<Biller>;

  constructor(
    @InjectRepository(Biller) private readonly billers: Repository<Biller>,
    private readonly secrets: BillerSecretsService,
    @Inject(CONFIG) private readonly config: Config,
    memory: Memory,
  ) {
    this.kept = memory.keep(MOST_KEPT);
    this.ofPartner = finder(billers.manager.connection, Biller, 'id = $1 and partner_id = $2');
  }

  /**
   * The biller that a partner's request is for.
   * @param billerId from the path; undefined where the key itself is bound to one biller
   * @throws BillerNotFound also when it is another partner's: whether it exists is not theirs to know
   */
  async forCaller({ partnerId, billerIds, mode }: Caller, billerId: string | undefined): Promise<Biller> {
    const wanted = billerId ?? (billerIds?.length === 1 ? billerIds[0] : undefined);
    if (!wanted) {
      throw new KeyNotBound('Use a key that is bound to one biller, or the routes under /v1/billers/{billerId}.');
    }
    const mayUse = isId(wanted) && (billerIds === null || billerIds.includes(wanted.toLowerCase()));
    const look = () => this.ofPartner([wanted, partnerId]);
    const biller = mayUse ? await this.kept.get(`${partnerId} ${wanted.toLowerCase()}`, look) : null;
    if (!biller) throw new BillerNotFound('Check the biller id: this key knows no biller under it.');
    if (biller.mode !== mode) {
      throw new ModeMismatch(`This biller is in ${biller.mode} mode; use a key that begins bb_${biller.mode}_.`);
    }
    if (biller.deactivatedAt) throw new BillerDeactivated('An administrator has switched this biller off.');
    return biller;
  }

  async get(id: string): Promise<Biller> {
    const biller = await this.billers.findOneBy({ id });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    return biller;
  }

  /** In whose name Invoice Cloud is asked. @throws BillerHasNoApiKey */
  async credentialsOf(biller: Biller): Promise<BillerCredentials> {
    return { ...atInvoiceCloud(biller), apiKey: await this.secrets.apiKeyOf(biller.id) };
  }

  /** For asking the status of an invoice. @returns undefined when the biller's switch is off, or there is no Web Service Key */
  async inquiryCredentialsOf(biller: Biller): Promise<InquiryCredentials | undefined> {
    return biller.askInvoiceStatus ? this.webServiceCredentialsOf(biller) : undefined;
  }

  /** @returns undefined when there is no Web Service Key */
  async webServiceCredentialsOf(biller: Biller): Promise<InquiryCredentials | undefined> {
    const webServiceKey = await this.secrets.webServiceKeyOf(biller.id);
    if (webServiceKey === undefined) return undefined;
    return { ...atInvoiceCloud(biller), billerGuid: biller.billerGuid, webServiceKey };
  }

  async create(change: Change, partnerId: string, given: BillerFacts): Promise<Biller> {
    const facts = tidied(given);
    checkFacts(facts, this.config.urlPolicy);
    const id = newId();
    await unlessGuidTaken(change.manager.insert(Biller, { id, partnerId, ...facts }));
    change.record('biller.create', `biller:${id}`, null, { partnerId, ...facts });
    return change.manager.findOneByOrFail(Biller, { id });
  }

  /**
   * Changes what is given and leaves the rest.
   * @param revision that the administrator has read; undefined where the caller has locked out everybody else
   * @throws BillerChanged when somebody was quicker
   */
  async update(change: Change, id: string, revision: number | undefined, given: Partial<BillerFacts>): Promise<Biller> {
    const biller = await this.lock(change, id, revision);
    const facts = tidied({ ...factsOf(biller), ...given });
    checkFacts(facts, this.config.urlPolicy);
    await unlessGuidTaken(
      change.manager.update(Biller, { id }, { ...facts, revision: biller.revision + 1, updatedAt: new Date() }),
    );
    change.record('biller.update', `biller:${id}`, factsOf(biller), facts);
    return change.manager.findOneByOrFail(Biller, { id });
  }

  /** Switches a biller off or on for partners; doing so twice is no error. */
  async setActive(change: Change, id: string, active: boolean): Promise<Biller> {
    // What hangs on the biller and is being recorded now is waited for, and what comes waits: who switches it off counts.
    const biller = await this.lock(change, id, undefined, active ? 'for_no_key_update' : 'pessimistic_write');
    const deactivatedAt = active ? null : (biller.deactivatedAt ?? new Date());
    await change.manager.update(
      Biller,
      { id },
      { deactivatedAt, revision: biller.revision + 1, updatedAt: new Date() },
    );
    const action = active ? 'biller.activate' : 'biller.deactivate';
    change.record(action, `biller:${id}`, { deactivatedAt: biller.deactivatedAt }, { deactivatedAt });
    return change.manager.findOneByOrFail(Biller, { id });
  }

  /** @param mode the weaker one lets payments be recorded meanwhile, whose foreign key shares a lock of the biller's key */
  private async lock(
    change: Change,
    id: string,
    revision: number | undefined,
    mode: 'for_no_key_update' | 'pessimistic_write' = 'for_no_key_update',
  ): Promise<Biller> {
    const biller = await change.manager.findOne(Biller, { where: { id }, lock: { mode } });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    if (revision !== undefined && revision !== biller.revision) {
      throw new BillerChanged(`Read it again (its ETag is "${biller.revision}" now), and send the change anew.`);
    }
    return biller;
  }
}

/** Whose call it is and where it goes, without a secret. */
export const atInvoiceCloud = (biller: Biller): BillerAtInvoiceCloud => ({
  billerId: biller.id,
  url: biller.invoiceCloudUrl ?? undefined,
  outboundPerSecond: biller.outboundPerSecond,
});

const tidied = (facts: BillerFacts): BillerFacts => ({
  ...facts,
  billerGuid: facts.billerGuid.toLowerCase(),
  invoiceCloudUrl: facts.invoiceCloudUrl?.replace(/\/+$/, '') ?? null,
});

async function unlessGuidTaken(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isUniqueViolation(error, 'billers_biller_guid_key')) throw error;
    throw new BillerGuidTaken('A BillerGUID names one biller at Invoice Cloud; use the biller that has it.');
  }
}
