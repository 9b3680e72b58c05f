import { Inject, Injectable } from '@nestjs/common';
import type { Biller } from '../billers/biller.entity.js';
import { BillersService } from '../billers/billers.service.js';
import { PublicUrlMissing } from '../cloud-pay/errors.js';
import { CONFIG, type Config } from '../config/config.js';
import { PartnersService } from '../partners/partners.service.js';
import type { CredentialChange } from './credential-change.entity.js';

/** Who takes part in an approval, by name. */
@Injectable()
export class ApprovalParties {
  constructor(
    private readonly billers: BillersService,
    private readonly partners: PartnersService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  billerOf(change: CredentialChange): Promise<Biller> {
    return this.billers.get(change.billerId);
  }

  async partnerOf(biller: Biller): Promise<string> {
    return (await this.partners.get(biller.partnerId)).name;
  }

  linkTo(token: string): string {
    const { publicUrl } = this.config;
    if (!publicUrl) throw new PublicUrlMissing('The operator sets PUBLIC_URL; the link in the mail leads there.');
    return `${publicUrl}/approvals/${token}`;
  }
}
