import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { requireAllowed } from '../billers/allowed-origins.js';
import { BillersService } from '../billers/billers.service.js';
import { within } from '../common/deadline.js';
import { newId } from '../common/id.js';
import { InvalidRequest } from '../common/platform-error.js';
import { digestOf, SecretBox } from '../common/secret-box.js';
import type { StampedSecrets } from '../common/stamp.js';
import { CONFIG, type Config } from '../config/config.js';
import { isAway } from '../database/postgres-errors.js';
import { DatabaseUnavailable } from '../database/unavailable.js';
import { SpoolRows } from '../spool/spool-rows.js';
import { BeingRecorded } from './being-recorded.js';
import { returnTicketsOf } from './capability.js';
import type { CloudPaymentRequest } from './cpv2-request.dto.js';
import { ReturnLinkExpired } from './errors.js';
import { ReturnTicket } from './return-ticket.entity.js';

/** Beyond the page that it leads back from: a receipt may stay open over night. */
const DAY_MS = 86_400_000;
/** A payer looks at an empty page for no longer than this. Milliseconds. */
const PATIENCE_MS = 2_000;

/** Where a payer goes from Invoice Cloud, and which portal is told. */
export interface WayBack {
  readonly portalOrigin: string;
  readonly returnUrl: string;
  /** Null for a page of single sign-on. */
  readonly paymentId: string | null;
}

/** What the page of a ticket is to say. */
export interface SeenWayBack extends WayBack {
  readonly dba: string;
  /** A PostBack of the payment was answered, and waits in a spool. */
  readonly beingRecorded: boolean;
}

/**
 * The return page: Invoice Cloud's own ReturnURL is reported not to work inside an iframe, so that portals which ask for
 * it (`PortalOrigin`) have Invoice Cloud given a page of ours. What a ticket leads to is stored, and judged by the
 * biller's lists when it is made and again when it is used; nothing is taken from the address.
 */
@Injectable()
export class ReturnPages {
  private readonly stamped: StampedSecrets;

  constructor(
    @InjectRepository(ReturnTicket) private readonly tickets: Repository<ReturnTicket>,
    private readonly billers: BillersService,
    private readonly beingRecorded: BeingRecorded,
    private readonly spools: SpoolRows,
    box: SecretBox,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.stamped = returnTicketsOf(box);
  }

  /**
   * The way back that a request asks for, by the biller's lists.
   * @throws InvalidRequest for a PortalOrigin without any ReturnURL, OriginNotAllowed
   */
  judge(biller: Biller, request: CloudPaymentRequest): void {
    const { PortalOrigin: portalOrigin, ReturnURL: returnUrl } = request;
    if (portalOrigin === undefined) return;
    if (returnUrl === undefined) {
      const reason = "is needed with a PortalOrigin; send it, or have an administrator set the biller's setting 36";
      throw InvalidRequest.of([{ field: 'ReturnURL', reason }]);
    }
    requireAllowed(biller, 'portalOrigins', 'PortalOrigin', portalOrigin);
    requireAllowed(biller, 'returnOrigins', 'ReturnURL', new URL(returnUrl).origin);
  }

  /**
   * Makes a ticket for a way that was judged.
   * @param ends when the page that it leads back from is over
   * @returns the URL for Invoice Cloud
   */
  async issue(biller: Biller, way: WayBack, ends: Date): Promise<string> {
    // The way back from a page of single sign-on names no payment: no spool knows this id.
    const ticket = this.stamped.make(way.paymentId ?? newId());
    const expiresAt = new Date(ends.getTime() + DAY_MS);
    await this.tickets.insert({ digest: digestOf(ticket), billerId: biller.id, ...way, expiresAt });
    return `${this.config.publicUrl}/return/${ticket}`;
  }

  /**
   * What a ticket leads to, as often as it is asked: payers reload.
   * @returns `received` while the database is away, for a payment whose PostBack waits in this process's own spool
   * @throws ReturnLinkExpired also when it never was, or the biller allows it no longer
   * @throws DatabaseUnavailable also when the database does not answer within two seconds
   */
  async find(ticket: string): Promise<SeenWayBack | 'received'> {
    try {
      return await within(this.look(ticket), PATIENCE_MS, () => this.withoutDatabase(ticket));
    } catch (error) {
      if (isAway(error)) return this.withoutDatabase(ticket, error);
      throw error;
    }
  }

  private async look(ticket: string): Promise<SeenWayBack> {
    const found = await this.tickets.findOneBy({ digest: digestOf(ticket), expiresAt: MoreThan(new Date()) });
    const over = new ReturnLinkExpired('Go back to the site that you came from.');
    if (!found) throw over;
    const { portalOrigin, returnUrl, paymentId, billerId } = found;
    const { portalOrigins, returnOrigins, dba } = await this.billers.get(billerId);
    if (!portalOrigins.includes(portalOrigin) || !returnOrigins.includes(new URL(returnUrl).origin)) throw over;
    const beingRecorded = paymentId !== null && (await this.waits(paymentId));
    return { portalOrigin, returnUrl, paymentId, dba, beingRecorded };
  }

  /** Here, or by its mark in the spool of another process. */
  private async waits(paymentId: string): Promise<boolean> {
    return this.beingRecorded.waitsHere(paymentId) || (await this.spools.isMarked(this.tickets.manager, paymentId));
  }

  /** The ticket's stamp says which payment it is of. Where that is nowhere to be seen, the payment may wait in another spool. */
  private withoutDatabase(ticket: string, cause?: unknown): Promise<'received'> {
    const paymentId = this.stamped.idOf(ticket);
    if (paymentId !== undefined && this.beingRecorded.waitsHere(paymentId)) return Promise.resolve('received');
    const reason = 'Whether the payment was received can not be told right now. Ask again after Retry-After.';
    return Promise.reject(new DatabaseUnavailable(reason, { cause }));
  }

  /** Removes tickets that nobody can use. */
  async sweep(): Promise<void> {
    await this.tickets.delete({ expiresAt: LessThan(new Date()) });
  }
}
