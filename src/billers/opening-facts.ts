import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { prepared, run } from '../database/prepared.js';
import type { BillerCredentials } from '../invoice-cloud/credentials.js';
import type { Biller } from './biller.entity.js';
import { BillerSecretsService } from './biller-secrets.service.js';
import { atInvoiceCloud } from './billers.service.js';
import { ONE_TIME_PAYMENT_RETURN_URL } from './setting.entity.js';

export interface ForOpening {
  readonly credentials: BillerCredentials;
  /** Setting 36. */
  readonly returnUrl: string | undefined;
}

const FACTS = prepared(
  `select
     (select sealed from invoice_cloud_keys where biller_id = $1::uuid and kind = 'api-key' and is_current) as "keySealed",
     coalesce(
       (select value from biller_settings where biller_id = $1::uuid and setting_id = ${ONE_TIME_PAYMENT_RETURN_URL}),
       (select default_value from setting_definitions where id = ${ONE_TIME_PAYMENT_RETURN_URL})) as "returnUrl"`,
);

/** What a biller's payment is opened with, in one look, as it is at this moment. */
@Injectable()
export class OpeningFacts {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: BillerSecretsService,
  ) {}

  /** @throws BillerHasNoApiKey */
  async of(biller: Biller): Promise<ForOpening> {
    const [facts] = await run<{ keySealed: string | null; returnUrl: string | null }>(this.dataSource, FACTS, [
      biller.id,
    ]);
    const apiKey = this.secrets.openApiKey(biller.id, facts?.keySealed ?? null);
    return { credentials: { ...atInvoiceCloud(biller), apiKey }, returnUrl: facts?.returnUrl ?? undefined };
  }
}
