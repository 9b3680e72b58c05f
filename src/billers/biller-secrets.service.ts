import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Not, Repository } from 'typeorm';
import { type Change, fingerprintOf } from '../audit/audit-trail.js';
import { newId } from '../common/id.js';
import { SecretBox } from '../common/secret-box.js';
import { Biller } from './biller.entity.js';
import { BillerHasNoApiKey, BillerNotFound, NothingToRestore } from './errors.js';
import { InvoiceCloudKey, type SecretKind } from './invoice-cloud-key.entity.js';

/** What a biller uses to prove itself to Invoice Cloud. Written, used, and never shown. */
@Injectable()
export class BillerSecretsService {
  constructor(
    @InjectRepository(InvoiceCloudKey) private readonly keys: Repository<InvoiceCloudKey>,
    private readonly box: SecretBox,
  ) {}

  /** @throws BillerHasNoApiKey */
  async apiKeyOf(billerId: string): Promise<string> {
    return this.openApiKey(billerId, (await this.current(billerId, 'api-key'))?.sealed ?? null);
  }

  /** @param sealed of the key in use; null: none was set. @throws BillerHasNoApiKey */
  openApiKey(billerId: string, sealed: string | null): string {
    if (sealed === null) {
      throw new BillerHasNoApiKey('An administrator sets it: PUT /admin/v1/billers/{billerId}/api-key.');
    }
    return this.box.open(sealed, billerId, fieldOf('api-key'));
  }

  /** @returns undefined when none was set */
  async webServiceKeyOf(billerId: string): Promise<string | undefined> {
    const key = await this.current(billerId, 'web-service-key');
    return key ? this.open(key) : undefined;
  }

  current(billerId: string, kind: SecretKind): Promise<InvoiceCloudKey | null> {
    return this.keys.findOneBy({ billerId, kind, isCurrent: true });
  }

  /** Every version, the newest first. */
  versions(billerId: string, kind: SecretKind): Promise<InvoiceCloudKey[]> {
    return this.keys.find({ where: { billerId, kind }, order: { version: 'DESC' } });
  }

  /**
   * Puts a secret in use. The one before stays, sealed and unused, until the overlap is over, and can be brought back.
   * @param overlapHours from 0 to 168; at 0 the one before is wiped at once
   */
  async set(
    change: Change,
    billerId: string,
    kind: SecretKind,
    secret: string,
    overlapHours: number,
  ): Promise<InvoiceCloudKey> {
    const { before, newest } = await this.lock(change, billerId, kind);
    await this.retire(change, before, overlapHours);
    const id = newId();
    const sealed = this.box.seal(secret, billerId, fieldOf(kind));
    const version = newest + 1;
    const lastFour = secret.slice(-4);
    const setBy = change.actor.name;
    await change.manager.insert(InvoiceCloudKey, {
      id,
      billerId,
      kind,
      version,
      sealed,
      lastFour,
      setBy,
      isCurrent: true,
    });
    // Not by its fingerprint: replacing a key must work also where the one before does not open any more.
    const shown = before ? { version: before.version, lastFour: before.lastFour } : null;
    change.record(`biller.set-${kind}`, `biller:${billerId}`, shown, {
      version,
      fingerprint: fingerprintOf(secret),
      overlapHours,
    });
    return change.manager.findOneByOrFail(InvoiceCloudKey, { id });
  }

  /** The one that would be brought back. @throws NothingToRestore */
  async restorable(billerId: string, kind: SecretKind): Promise<{ version: number; secret: string }> {
    const latest = lastRetired(await this.versions(billerId, kind));
    if (!latest) throw nothing();
    return { version: latest.version, secret: this.open(latest) };
  }

  /**
   * Puts the one before in use again; the one in use takes its place.
   * @param version that `restorable` named and that was looked at
   * @throws NothingToRestore also when somebody else was quicker
   */
  async restore(
    change: Change,
    billerId: string,
    kind: SecretKind,
    version: number,
    overlapHours: number,
  ): Promise<InvoiceCloudKey> {
    const { before, all } = await this.lock(change, billerId, kind);
    const latest = lastRetired(all);
    if (latest?.version !== version) throw nothing();
    await this.retire(change, before, overlapHours);
    await change.manager.update(
      InvoiceCloudKey,
      { id: latest.id },
      { isCurrent: true, usableUntil: null, retiredAt: null },
    );
    change.record(
      `biller.restore-${kind}`,
      `biller:${billerId}`,
      { version: before?.version },
      { version: latest.version },
    );
    return change.manager.findOneByOrFail(InvoiceCloudKey, { id: latest.id });
  }

  /** Wipes what can't be brought back any more. */
  async sweep(): Promise<void> {
    await this.keys.update(
      { isCurrent: false, usableUntil: LessThan(new Date()), sealed: Not(IsNull()) },
      { sealed: null },
    );
  }

  private async lock(change: Change, billerId: string, kind: SecretKind) {
    // The biller's row orders those who change its secrets; versions then have no gap and no repetition.
    const biller = await change.manager.findOne(Biller, {
      where: { id: billerId },
      lock: { mode: 'for_no_key_update' },
    });
    if (!biller) throw new BillerNotFound('Check the biller id; GET /admin/v1/billers lists them.');
    const all = await change.manager.find(InvoiceCloudKey, { where: { billerId, kind }, order: { version: 'DESC' } });
    return { all, before: all.find((key) => key.isCurrent), newest: all[0]?.version ?? 0 };
  }

  private async retire(change: Change, key: InvoiceCloudKey | undefined, overlapHours: number): Promise<void> {
    if (!key) return;
    const usableUntil = new Date(Date.now() + overlapHours * 3_600_000);
    const wiped = overlapHours === 0 ? { sealed: null } : {};
    await change.manager.update(
      InvoiceCloudKey,
      { id: key.id },
      { isCurrent: false, retiredAt: new Date(), usableUntil, ...wiped },
    );
  }

  private open(key: InvoiceCloudKey): string {
    return this.box.open(key.sealed ?? '', key.billerId, fieldOf(key.kind));
  }
}

const isRestorable = (key: InvoiceCloudKey): boolean =>
  !key.isCurrent && key.sealed !== null && key.usableUntil !== null && key.usableUntil > new Date();

/** The one that was in use before, which after a restore is not the one with the highest version. */
const lastRetired = (keys: readonly InvoiceCloudKey[]): InvoiceCloudKey | undefined =>
  keys.filter(isRestorable).sort((a, b) => (b.retiredAt?.getTime() ?? 0) - (a.retiredAt?.getTime() ?? 0))[0];

const nothing = (): NothingToRestore =>
  new NothingToRestore('No earlier one is kept: none was replaced, or its overlap is over. Set it anew.');

export const fieldOf = (kind: SecretKind): string => `invoice-cloud-${kind}`;
