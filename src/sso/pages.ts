import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { requireAllowed } from '../billers/allowed-origins.js';
import { type FieldError, InvalidRequest } from '../common/platform-error.js';
import { refuseUrl } from '../common/outbound-url.js';
import { digestOf } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { PublicUrlMissing } from '../cloud-pay/errors.js';
import { TicketNotUsable } from './errors.js';
import { HandOffs, type WantedPage } from './hand-offs.js';
import { LaunchTicket } from './launch-ticket.entity.js';
import { INVOICE_CLOUD_CSS, PORTAL_PAGES } from './portal-pages.js';
import { SessionsService } from './sessions.service.js';
import type { OpenPage } from './sso.dto.js';
import type { HandOffView, PageView } from './sso.view.js';

const TICKET_SECONDS = 60;

export interface Launch {
  readonly handOff: HandOffView;
  /** Who may frame the page that posts it. */
  readonly frameAncestors: readonly string[];
}

/** Invoice Cloud's pages in My360's iframe (stories 4 to 8). */
@Injectable()
export class PagesService {
  constructor(
    @InjectRepository(LaunchTicket) private readonly tickets: Repository<LaunchTicket>,
    private readonly sessions: SessionsService,
    private readonly billers: BillersService,
    private readonly handOffs: HandOffs,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws OriginNotAllowed, SessionExpired, SessionNotFound */
  async open(biller: Biller, sessionId: string, page: OpenPage): Promise<PageView> {
    if (!this.config.publicUrl) throw new PublicUrlMissing('The operator sets PUBLIC_URL; launch URLs lead there.');
    const wanted = this.wanted(biller, page);
    const session = await this.sessions.open(biller, sessionId);
    const ticket = randomBytes(32).toString('base64url');
    // By the database's clock, since it is what the ticket is judged by: a minute leaves no room for two clocks.
    const life = `least(now() + interval '${TICKET_SECONDS} seconds', :sessionEnds::timestamptz)`;
    const inserted = await this.tickets
      .createQueryBuilder()
      .insert()
      .values({ digest: digestOf(ticket), sessionId: session.id, ...wanted, expiresAt: () => life })
      .setParameter('sessionEnds', session.expiresAt)
      .returning('expires_at')
      .execute();
    const [{ expires_at: expiresAt }] = inserted.raw as [{ expires_at: Date }];
    return {
      launchUrl: `${this.config.publicUrl}/launch/${ticket}`,
      expiresAt: expiresAt.toISOString(),
      handOff: await this.handOffs.make(biller, session, wanted),
    };
  }

  /** Uses a ticket up. @throws TicketNotUsable when it is unknown, used or expired, or its session is over */
  async launch(ticket: string): Promise<Launch> {
    const update = await this.tickets
      .createQueryBuilder()
      .update()
      .set({ usedAt: () => 'now()' })
      .where('digest = :digest and used_at is null and expires_at > now()', { digest: digestOf(ticket) })
      .returning('*')
      .execute();
    const [used] = update.raw as {
      session_id: string;
      redirect_id: number;
      css_url: string;
      return_url: string | null;
      portal_origin: string | null;
      site_name: string | null;
    }[];
    if (!used) throw new TicketNotUsable('Go back to the portal and open the page again.');
    const biller = await this.billers.get(await this.sessions.billerIdOf(used.session_id));
    const session = await this.sessions.open(biller, used.session_id);
    const wanted = {
      redirectId: used.redirect_id,
      cssUrl: used.css_url,
      returnUrl: used.return_url,
      portalOrigin: used.portal_origin,
      siteName: used.site_name,
    };
    return { handOff: await this.handOffs.make(biller, session, wanted), frameAncestors: biller.portalOrigins };
  }

  /** Removes tickets that nobody can use. */
  async sweep(): Promise<void> {
    await this.tickets.delete({ expiresAt: LessThan(new Date()) });
  }

  private wanted(
    biller: Biller,
    { page, CSSUrl, ReturnUrl, CustomReturnSiteName, PortalOrigin }: OpenPage,
  ): WantedPage {
    const errors: FieldError[] = [];
    const judge = (field: string, url: string | undefined, list: 'returnOrigins' | 'cssOrigins'): void => {
      if (url === undefined) return;
      const refused = refuseUrl(url, this.config.urlPolicy);
      if (refused) errors.push({ field, reason: refused });
      else requireAllowed(biller, list, field, new URL(url).origin);
    };
    judge('ReturnUrl', ReturnUrl, 'returnOrigins');
    if (CSSUrl !== INVOICE_CLOUD_CSS && CSSUrl !== biller.cssUrl) judge('CSSUrl', CSSUrl, 'cssOrigins');
    if (CustomReturnSiteName !== undefined && ReturnUrl === undefined) {
      errors.push({ field: 'CustomReturnSiteName', reason: 'goes with a ReturnUrl only' });
    }
    if (PortalOrigin !== undefined && ReturnUrl === undefined) {
      errors.push({ field: 'PortalOrigin', reason: 'goes with a ReturnUrl only' });
    }
    if (errors.length > 0) throw InvalidRequest.of(errors);
    if (PortalOrigin !== undefined) requireAllowed(biller, 'portalOrigins', 'PortalOrigin', PortalOrigin);
    return {
      redirectId: PORTAL_PAGES[page],
      cssUrl: CSSUrl ?? biller.cssUrl ?? INVOICE_CLOUD_CSS,
      returnUrl: ReturnUrl ?? null,
      portalOrigin: PortalOrigin ?? null,
      siteName: ReturnUrl === undefined ? null : (CustomReturnSiteName ?? biller.dba),
    };
  }
}
