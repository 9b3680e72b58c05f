import { DataSource } from 'typeorm';
import { StoredAlert } from '../../src/alerts/alert.entity.js';
import { AdminKey } from '../../src/administrators/admin-key.entity.js';
import { AuditEvent, AuditHead } from '../../src/audit/audit-event.entity.js';
import { Biller } from '../../src/billers/biller.entity.js';
import { InvoiceCloudKey } from '../../src/billers/invoice-cloud-key.entity.js';
import { BillerSetting, BillerSettingChange, SettingDefinition } from '../../src/billers/setting.entity.js';
import { IdempotencyKey } from '../../src/cloud-pay/idempotency-key.entity.js';
import { PaymentEvent } from '../../src/cloud-pay/payment-event.entity.js';
import { Payment } from '../../src/cloud-pay/payment.entity.js';
import { ReturnTicket } from '../../src/cloud-pay/return-ticket.entity.js';
import { InvoiceCloudPace } from '../../src/invoice-cloud/invoice-cloud-pace.entity.js';
import { Receipt } from '../../src/cloud-pay/receipt.entity.js';
import { dataSourceOptions } from '../../src/database/database.js';
import { PartnerKey } from '../../src/partners/partner-key.entity.js';
import { Partner } from '../../src/partners/partner.entity.js';
import { WebhookSecret } from '../../src/partners/webhook-secret.entity.js';
import { Postback } from '../../src/postbacks/postback.entity.js';
import {
  Reconciliation,
  ReconciliationDay,
  ReconciliationItem,
} from '../../src/reconciliation/reconciliation.entity.js';
import { SpoolMark, SpoolRow } from '../../src/spool/spool.entity.js';
import { CredentialChange } from '../../src/sso/credential-change.entity.js';
import { LaunchTicket } from '../../src/sso/launch-ticket.entity.js';
import { LoginAttempt } from '../../src/sso/login-attempt.entity.js';
import { SsoSession } from '../../src/sso/sso-session.entity.js';
import { DeliveryAttempt } from '../../src/relay/delivery-attempt.entity.js';
import { DeliverySequence } from '../../src/relay/delivery-sequence.entity.js';
import { Delivery } from '../../src/relay/delivery.entity.js';
import { RelayEndpoint } from '../../src/relay/endpoint.entity.js';
import { newDatabase } from '../support/db.js';

const entities = [
  Partner,
  PartnerKey,
  WebhookSecret,
  Biller,
  InvoiceCloudKey,
  InvoiceCloudPace,
  SettingDefinition,
  BillerSetting,
  BillerSettingChange,
  AdminKey,
  AuditEvent,
  AuditHead,
  Payment,
  PaymentEvent,
  IdempotencyKey,
  Receipt,
  ReturnTicket,
  Postback,
  Reconciliation,
  ReconciliationDay,
  ReconciliationItem,
  RelayEndpoint,
  Delivery,
  DeliveryAttempt,
  DeliverySequence,
  SsoSession,
  LaunchTicket,
  LoginAttempt,
  CredentialChange,
  SpoolRow,
  SpoolMark,
  StoredAlert,
];

describe('the schema', () => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = new DataSource({ ...dataSourceOptions(await newDatabase(), 2), entities });
    await dataSource.initialize();
    await dataSource.runMigrations();
  });
  afterAll(() => dataSource.destroy());

  it('that the migrations make is the one that the entities describe', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('has an entity for every table', async () => {
    const tables = await dataSource.query<{ name: string }[]>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const described = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    expect(tables.map(({ name }) => name).sort()).toEqual([...described, 'migrations'].sort());
  });

  it('does not go down where webhook secrets would be lost', async () => {
    const url = await newDatabase();
    const own = await new DataSource(dataSourceOptions(url, 1)).initialize();
    await own.runMigrations();
    while (own.migrations.length > 0) {
      const [last] = await own.query<{ name: string }[]>('select name from migrations order by id desc limit 1');
      if (last?.name === 'Relay1764400000000') break;
      await own.undoLastMigration();
    }
    const id = '11111111-1111-4111-8111-111111111111';
    await own.query(`insert into partners (id, name) values ($1, 'p')`, [id]);
    const secret = (kind: string, publicKey: string | null) =>
      own.query(
        `insert into webhook_secrets (id, partner_id, kind, sealed, public_key) values (gen_random_uuid(), $1, $2, 'x', $3)`,
        [id, kind, publicKey],
      );
    await secret('ed25519', 'whpk_x');
    await expect(own.undoLastMigration()).rejects.toThrow(/lose webhook secrets of 1 partners.*11111111-1111/);
    await secret('hmac', null);
    await expect(own.undoLastMigration()).rejects.toThrow(/lose webhook secrets/);
    await own.query(`update webhook_secrets set expires_at = now() where kind = 'ed25519'`);
    await own.undoLastMigration();
    expect(await own.query('select webhook_secret from partners')).toEqual([{ webhook_secret: 'x' }]);
    await own.destroy();
  });

  it('goes down and up again', async () => {
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    expect(await dataSource.showMigrations()).toBe(false);
  });
});
