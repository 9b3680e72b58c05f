import { Inject, Injectable } from '@nestjs/common';
import type { BillerFacts } from '../billers/biller-rules.js';
import { BillerSecretsService } from '../billers/biller-secrets.service.js';
import { BillersService } from '../billers/billers.service.js';
import { SettingsService } from '../billers/settings.service.js';
import { readPolicy } from '../cloud-pay/policy.js';
import { CONFIG, type Config } from '../config/config.js';
import type { BillerOptions } from './billers.dto.js';
import { type BillerDetailView, billerView, secretView, settingView } from './billers.view.js';

/** A biller with all that belongs to it. */
@Injectable()
export class BillerDetails {
  constructor(
    private readonly billers: BillersService,
    private readonly secrets: BillerSecretsService,
    private readonly settings: SettingsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async of(id: string): Promise<BillerDetailView> {
    const biller = await this.billers.get(id);
    const apiKey = await this.secrets.current(id, 'api-key');
    const webServiceKey = await this.secrets.current(id, 'web-service-key');
    return {
      ...billerView(biller),
      apiKey: apiKey && secretView(apiKey),
      webServiceKey: webServiceKey && secretView(webServiceKey),
      settings: (await this.settings.effective(id)).map(settingView),
    };
  }

  /** The policy in the form of the wire. @throws InvalidRequest */
  read({ cloudPayPolicy: given }: BillerOptions): Pick<BillerFacts, 'cloudPayPolicy'> | undefined {
    if (!given) return undefined;
    const policy = { pinned: given.pinned ?? {}, defaults: given.defaults ?? {} };
    return { cloudPayPolicy: readPolicy(policy, this.config.urlPolicy) };
  }
}
