import { registerAs } from '@nestjs/config';
import type { EncryptionKey } from '../common/secret-box.js';
import { readDatabaseUrl } from './database-url.js';
import { refuseRange } from '../common/ip-ranges.js';
import type { UrlPolicy } from '../common/outbound-url.js';
import { type AlertSettings, readAlertSettings } from './alert-settings.js';

/** Everything that the environment decides, read once. Times are milliseconds unless the name says seconds. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Where Invoice Cloud reaches us, without a trailing slash. Undefined in production when PUBLIC_URL is not set. */
  readonly publicUrl: string | undefined;
  readonly databaseUrl: string;
  readonly databasePoolSize: number;
  /** The longest life of a connection of the pool. */
  readonly databaseConnectionSeconds: number;
  readonly migrateOnStart: boolean;
  /** Where messages are kept that the database can't take now, such as PostBacks. */
  readonly spool: {
    /** Undefined: nothing is kept, and whoever sends one is answered 503 after ten seconds. */
    readonly dir: string | undefined;
    /** Of this process's spool. */
    readonly megabytes: number;
    /** A message that waits for longer raises an alert. */
    readonly alertSeconds: number;
    /** A message that the database has refused for so long is held for an administrator. */
    readonly holdSeconds: number;
  };
  /** After SIGTERM: how long everything is still served, while balancers are sent elsewhere. */
  readonly drainSeconds: number;
  readonly encryptionKeys: readonly EncryptionKey[];
  readonly adminKey: string;
  readonly invoiceCloud: {
    readonly url: string;
    /** Where payers reach it; the same but where it is seen under two addresses. */
    readonly pagesUrl: string;
    /** Operation name to path, over the catalogue's own. */
    readonly paths: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    /** Calls of one biller at the same time, in one process. */
    readonly concurrency: number;
  };
  /** How long a payer may use a hosted page, where the biller says nothing else. */
  readonly hostedPageSeconds: number;
  /** Between two rounds of what every process sweeps. */
  readonly sweepSeconds: number;
  readonly relay: {
    /** Waits between attempts; after the last one the delivery is parked. */
    readonly retrySeconds: readonly number[];
    /** Of one whole exchange. A worker that said nothing for this and ten seconds is taken for lost. */
    readonly timeoutMs: number;
    readonly concurrency: number;
    /** Deliveries of this process at the same time to one endpoint. */
    readonly perEndpoint: number;
    /** How fast replays of one partner go out. */
    readonly replaysPerMinute: number;
  };
  readonly mail: {
    /** Undefined: no mail can be sent. Holds a password. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
  };
  readonly alerts: AlertSettings;
  readonly journal: {
    /** Undefined: openings are written down in the database alone. */
    readonly dir: string | undefined;
    /** Of all files together; the oldest go first. */
    readonly megabytes: number;
  };
  /** Undefined: administrators use keys alone. */
  readonly oidc: OidcConfig | undefined;
  readonly trustProxy: readonly string[];
  readonly logLevel: string;
  readonly docs: boolean;
  readonly urlPolicy: UrlPolicy;
}

export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly roleClaim: string;
  /** Value of the claim to role. */
  readonly roles: Readonly<Record<string, 'owner' | 'operator' | 'auditor'>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Every setting with what it means; `.env.example` is compared with this list by a test. */
export const SETTINGS = {
  NODE_ENV: 'production switches everything local off: no embedded PostgreSQL, no sandbox, no demo data',
  PORT: 'where the API listens (3000)',
  HOST: 'the address it listens on (127.0.0.1; 0.0.0.0 in production)',
  PUBLIC_URL: 'where Invoice Cloud and payers reach this platform; needed in production to open payments',
  DATABASE_URL: 'PostgreSQL 15 or newer, one host or several; required in production, embedded otherwise',
  DATABASE_POOL_SIZE: 'connections of one process for requests and the relay; three more listen and look (10)',
  DATABASE_CONNECTION_SECONDS: 'the longest life of a connection, from 5 to 86400 (300)',
  MIGRATE_ON_START: 'false: refuse to start on an old schema instead of migrating it (true)',
  SPOOL_DIR: 'folder of a persistent volume in which PostBacks are kept while the database is away (none)',
  SPOOL_MEGABYTES: "the most that one process's spool may take (256)",
  SPOOL_ALERT_SECONDS: 'a PostBack that has waited in a spool for so long raises an alert (60)',
  SPOOL_HOLD_SECONDS: 'a PostBack that the database has refused for so long is held for an administrator (300)',
  DRAIN_SECONDS:
    'after SIGTERM: how long all is still served, while health sends balancers elsewhere (0; 10 in production)',
  ENCRYPTION_KEYS: 'ring of id:base64 of 32 bytes, comma separated; the first seals, all open; required in production',
  ADMIN_KEY: 'the first administrator: at least 32 characters; required in production',
  INVOICE_CLOUD_URL: 'Invoice Cloud (https://www.invoicecloud.com); a biller may have its own',
  INVOICE_CLOUD_PAGES_URL: 'where payers reach Invoice Cloud, if not at INVOICE_CLOUD_URL',
  INVOICE_CLOUD_PATHS: 'JSON of operation to path, where the real paths differ from the catalogue',
  INVOICE_CLOUD_TIMEOUT_MS: 'deadline of one call of Invoice Cloud, with its waits and retries (15000)',
  INVOICE_CLOUD_CONCURRENCY: 'calls of one biller to Invoice Cloud at the same time, in one process (32)',
  HOSTED_PAGE_SECONDS: 'how long a hosted page can be used; a biller may have its own (3600)',
  SWEEP_SECONDS: 'how often each process looks for what has expired or was left behind (60)',
  RELAY_RETRY_SECONDS: 'waits between delivery attempts, comma separated',
  RELAY_TIMEOUT_MS: 'deadline of one delivery, at most 45000 (15000)',
  RELAY_CONCURRENCY: 'deliveries of one process at the same time; one partner gets a quarter of them (128)',
  RELAY_PER_ENDPOINT: 'deliveries of one process at the same time to one endpoint of a partner (16)',
  RELAY_REPLAYS_PER_MINUTE: 'how fast replays of one partner go out (600)',
  SMTP_URL: 'where mail goes out, such as smtps://user:password@mail.example.com; needed for approvals by mail',
  MAIL_FROM: 'the sender of mail (billbridge@localhost)',
  JOURNAL_DIR: 'folder of the journal of openings, beside the database, for restores (SPOOL_DIR/journal)',
  JOURNAL_MEGABYTES: 'how large the journal may be; a week is kept, and less where that is more (1024)',
  ALERT_URL: 'where alerts are posted, each once, as a signed webhook; https in production (none)',
  ALERT_SECRET: 'signs what is posted to ALERT_URL: whsec_ and base64 of 32 bytes; required with it',
  ALERT_MAIL: 'addresses that get alerts by mail, comma separated; takes SMTP_URL (none)',
  OIDC_ISSUER: 'OpenID Connect issuer whose bearer tokens administrators may use (none)',
  OIDC_AUDIENCE: 'the audience that such a token must have; required with OIDC_ISSUER',
  OIDC_ROLE_CLAIM: 'the claim that says the role (roles)',
  OIDC_ROLES: 'JSON of claim value to owner, operator or auditor; required with OIDC_ISSUER',
  TRUST_PROXY: 'addresses or CIDR ranges of proxies whose X-Forwarded-For is believed, comma separated (none)',
  LOG_LEVEL: 'fatal, error, warn, info, debug, trace or silent (info)',
  DOCS: 'false: no Swagger at /docs (true)',
  SANDBOX_SMTP_PORT: 'local only: where its mailbox takes mail (4025)',
  SANDBOX_PORT: 'local only: where the pretend Invoice Cloud listens (4010)',
  PORTAL_MY360_PORT: 'local only: where the demo portal My360 listens (4020)',
  PORTAL_LEADSONLINE_PORT: 'local only: where the demo portal LeadsOnline listens (4030)',
  DATA_DIR: 'local only: where data and local keys live (.data)',
} as const;

/** What Svix and the Standard Webhooks guide use: 75 hours in all. */
const RETRY_SECONDS = '5,300,1800,7200,18000,36000,50400,72000,86400';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** One or more settings are missing or wrong. Names them, never their values. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError naming every setting that is missing or wrong at once. */
export function readConfig(env: Env): Config {
  const problems: string[] = [];
  const production = env['NODE_ENV'] === 'production';
  const text = (name: string, fallback: string): string => env[name]?.trim() || fallback;
  const required = (name: string): string => {
    const value = env[name]?.trim() ?? '';
    if (!value) problems.push(`${name} is required${production ? ' in production' : ''}`);
    return value;
  };
  const integer = (name: string, fallback: number, least: number, most: number): number => {
    const value = Number(text(name, String(fallback)));
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    problems.push(`${name} must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const value = text(name, String(fallback)).toLowerCase();
    if (value !== 'true' && value !== 'false') problems.push(`${name} must be true or false`);
    return value === 'true';
  };
  const url = (name: string, value: string, protocols: readonly string[]): string => {
    if (value && !protocols.some((protocol) => URL.parse(value)?.protocol === protocol)) {
      problems.push(`${name} must be a URL beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    }
    return value.replace(/\/+$/, '');
  };
  const list = (name: string, fallback: string): string[] =>
    text(name, fallback)
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);

  const port = integer('PORT', 3000, 0, 65535);
  const invoiceCloudUrl = url('INVOICE_CLOUD_URL', text('INVOICE_CLOUD_URL', 'https://www.invoicecloud.com'), [
    'http:',
    'https:',
  ]);
  // API keys and passwords travel there.
  if (production && /^http:\/\/[^/]*\.[a-z]{2,}/i.test(invoiceCloudUrl)) {
    problems.push('INVOICE_CLOUD_URL must be an https URL in production, but for a host of the private network');
  }
  const publicUrl = text('PUBLIC_URL', production ? '' : `http://localhost:${port}`);
  const retrySeconds = list('RELAY_RETRY_SECONDS', RETRY_SECONDS).map(Number);
  if (retrySeconds.some((seconds) => !(seconds >= 0 && seconds <= 604_800))) {
    problems.push('RELAY_RETRY_SECONDS must be a comma separated list of seconds, each from 0 to 604800');
  }
  const logLevel = text('LOG_LEVEL', 'info').toLowerCase();
  if (!LOG_LEVELS.includes(logLevel)) problems.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);

  const config: Config = {
    production,
    host: text('HOST', production ? '0.0.0.0' : '127.0.0.1'),
    port,
    publicUrl: url('PUBLIC_URL', publicUrl, production ? ['https:'] : ['http:', 'https:']) || undefined,
    databaseUrl: readDatabase(required('DATABASE_URL'), problems),
    databasePoolSize: integer('DATABASE_POOL_SIZE', 10, 2, 200),
    databaseConnectionSeconds: integer('DATABASE_CONNECTION_SECONDS', 300, 5, 86_400),
    migrateOnStart: flag('MIGRATE_ON_START', true),
    spool: {
      dir: text('SPOOL_DIR', '') || undefined,
      megabytes: integer('SPOOL_MEGABYTES', 256, 1, 65_536),
      alertSeconds: integer('SPOOL_ALERT_SECONDS', 60, 1, 86_400),
      holdSeconds: integer('SPOOL_HOLD_SECONDS', 300, 1, 86_400),
    },
    drainSeconds: integer('DRAIN_SECONDS', production ? 10 : 0, 0, 600),
    encryptionKeys: readKeyRing(required('ENCRYPTION_KEYS'), problems),
    adminKey: readAdminKey(required('ADMIN_KEY'), problems),
    sweepSeconds: integer('SWEEP_SECONDS', 60, 1, 3600),
    invoiceCloud: {
      url: invoiceCloudUrl,
      pagesUrl: url('INVOICE_CLOUD_PAGES_URL', text('INVOICE_CLOUD_PAGES_URL', invoiceCloudUrl), ['http:', 'https:']),
      paths: readPaths(text('INVOICE_CLOUD_PATHS', '{}'), problems),
      timeoutMs: integer('INVOICE_CLOUD_TIMEOUT_MS', 15_000, 100, 120_000),
      concurrency: integer('INVOICE_CLOUD_CONCURRENCY', 32, 1, 1_000),
    },
    hostedPageSeconds: integer('HOSTED_PAGE_SECONDS', 3_600, 60, 2_592_000),
    relay: {
      retrySeconds,
      // With the ten seconds on top, a lost worker's delivery goes on elsewhere within a minute.
      timeoutMs: integer('RELAY_TIMEOUT_MS', 15_000, 100, 45_000),
      concurrency: integer('RELAY_CONCURRENCY', 128, 1, 1000),
      perEndpoint: integer('RELAY_PER_ENDPOINT', 16, 1, 200),
      replaysPerMinute: integer('RELAY_REPLAYS_PER_MINUTE', 600, 1, 60_000),
    },
    mail: {
      smtpUrl: url('SMTP_URL', text('SMTP_URL', ''), ['smtp:', 'smtps:']) || undefined,
      from: text('MAIL_FROM', 'billbridge@localhost'),
    },
    journal: {
      dir: text('JOURNAL_DIR', env['SPOOL_DIR']?.trim() ? `${env['SPOOL_DIR'].trim()}/journal` : '') || undefined,
      megabytes: integer('JOURNAL_MEGABYTES', 1_024, 1, 1_048_576),
    },
    alerts: readAlertSettings(
      {
        url: text('ALERT_URL', ''),
        secret: text('ALERT_SECRET', ''),
        mail: text('ALERT_MAIL', ''),
        smtpUrl: text('SMTP_URL', ''),
      },
      { production },
      problems,
    ),
    oidc: readOidc(
      {
        // Compared with the token's claim to the letter, a trailing slash included.
        issuer:
          url('OIDC_ISSUER', text('OIDC_ISSUER', ''), production ? ['https:'] : ['http:', 'https:']) &&
          text('OIDC_ISSUER', ''),
        audience: text('OIDC_AUDIENCE', ''),
        roleClaim: text('OIDC_ROLE_CLAIM', 'roles'),
      },
      text('OIDC_ROLES', '{}'),
      problems,
    ),
    trustProxy: readProxies(list('TRUST_PROXY', ''), problems),
    logLevel,
    docs: flag('DOCS', true),
    urlPolicy: { production },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function readDatabase(value: string, problems: string[]): string {
  try {
    if (value) readDatabaseUrl(value);
  } catch (error) {
    problems.push(`DATABASE_URL ${(error as Error).message}`);
  }
  return value;
}

function readKeyRing(value: string, problems: string[]): EncryptionKey[] {
  const ring = value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => {
      const colon = entry.indexOf(':');
      return { id: entry.slice(0, Math.max(colon, 0)), bytes: Buffer.from(entry.slice(colon + 1), 'base64') };
    });
  const sound = ring.every(({ id, bytes }) => /^[A-Za-z0-9_-]{1,32}$/.test(id) && bytes.length === 32);
  const ids = new Set(ring.map(({ id }) => id));
  if (!sound || ids.size !== ring.length) {
    problems.push('ENCRYPTION_KEYS must be id:base64 of exactly 32 bytes, comma separated, each id once');
  }
  return ring;
}

function readAdminKey(value: string, problems: string[]): string {
  if (value && value.length < 32) problems.push('ADMIN_KEY must be at least 32 characters long');
  return value;
}

function readProxies(proxies: string[], problems: string[]): string[] {
  if (proxies.some((proxy) => refuseRange(proxy))) {
    problems.push('TRUST_PROXY must be IP addresses or CIDR ranges, comma separated');
  }
  return proxies;
}

function readOidc(given: Omit<OidcConfig, 'roles'>, roles: string, problems: string[]): OidcConfig | undefined {
  if (!given.issuer) return undefined;
  if (!given.audience) problems.push('OIDC_AUDIENCE is required with OIDC_ISSUER');
  try {
    const mapped = Object.entries(JSON.parse(roles) as Record<string, unknown>);
    const sound = mapped.every(([, role]) => role === 'owner' || role === 'operator' || role === 'auditor');
    if (!sound || mapped.length === 0) throw new Error('no role');
    return { ...given, roles: Object.fromEntries(mapped) as OidcConfig['roles'] };
  } catch {
    problems.push('OIDC_ROLES must be a JSON object of claim values to owner, operator or auditor');
    return undefined;
  }
}

function readPaths(value: string, problems: string[]): Record<string, string> {
  try {
    const paths: unknown = JSON.parse(value);
    const entries = Object.entries(paths as Record<string, unknown>);
    if (!entries.every(([, path]) => typeof path === 'string' && path.startsWith('/'))) throw new Error('no path');
    return Object.fromEntries(entries) as Record<string, string>;
  } catch {
    problems.push('INVOICE_CLOUD_PATHS must be a JSON object of operation names to paths that begin with /');
    return {};
  }
}

/** The token under which the configuration is injected: `@Inject(CONFIG) config: Config`. */
export const CONFIG = 'CONFIGURATION(billbridge)';

/** The owner's @nestjs/config carries the one object; nothing else of it reads the environment. */
export const configFactory = (config: Config) => registerAs('billbridge', () => config);
