import { Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { ReturnPages } from '../cloud-pay/return-pages.js';
import { InvoiceCloudClient } from '../invoice-cloud/invoice-cloud.client.js';
import type { LaunchTicket } from './launch-ticket.entity.js';
import type { OpenSession } from './sessions.service.js';
import type { HandOffView } from './sso.view.js';

export type WantedPage = Pick<LaunchTicket, 'redirectId' | 'cssUrl' | 'returnUrl' | 'portalOrigin' | 'siteName'>;

/** What a payer's browser posts to Cloud SSO Connect: the six documented fields. */
@Injectable()
export class HandOffs {
  constructor(
    private readonly invoiceCloud: InvoiceCloudClient,
    private readonly returns: ReturnPages,
  ) {}

  /** ViewMode is always 1, an iframe (documented). */
  async make(biller: Biller, session: OpenSession, wanted: WantedPage): Promise<HandOffView> {
    const { redirectId, cssUrl, siteName } = wanted;
    const returnUrl = await this.wayBack(biller, session, wanted);
    return {
      action: this.invoiceCloud.ssoConnectUrl(biller),
      fields: {
        RemoteAuthenticationToken: session.token,
        ViewMode: '1',
        RedirectID: String(redirectId),
        CSSUrl: cssUrl,
        ...(returnUrl !== null && { ReturnUrl: returnUrl }),
        ...(siteName !== null && { CustomReturnSiteName: siteName }),
      },
    };
  }

  /** Each hand-off has a ticket of its own: a launch ticket stores what was asked, never the way back itself. */
  private async wayBack(
    biller: Biller,
    { expiresAt }: OpenSession,
    { returnUrl, portalOrigin }: WantedPage,
  ): Promise<string | null> {
    if (returnUrl === null || portalOrigin === null) return returnUrl;
    return this.returns.issue(biller, { portalOrigin, returnUrl, paymentId: null }, expiresAt);
  }
}
