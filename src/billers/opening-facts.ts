import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Kept, Memory } from '../database/memory.js';
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

/** In memory, of half a kilobyte each. The key is kept sealed, as in the database. */
const MOST_KEPT = 5_000;

interface Facts {
  readonly keySealed: string | null;
  readonly returnUrl: string | null;
}

/** What a biller's payment is opened with. */
@Injectable()
export class OpeningFacts {
  private readonly kept: Kept<Facts>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: BillerSecretsService,
    memory: Memory,
  ) {
    this.kept = memory.keep(MOST_KEPT);
  }

  /** @throws BillerHasNoApiKey */
  async of(biller: Biller): Promise<ForOpening> {
    const look = async () => (await run<Facts>(this.dataSource, FACTS, [biller.id]))[0] ?? null;
    const facts = await this.kept.get(biller.id, look);
    const apiKey = this.secrets.openApiKey(biller.id, facts?.keySealed ?? null);
    return { credentials: { ...atInvoiceCloud(biller), apiKey }, returnUrl: facts?.returnUrl ?? undefined };
  }
}
