import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, readConfig, SETTINGS } from '../../src/config/config.js';

const ROOT = resolve(import.meta.dirname, '../..');
const GOOD = {
  DATABASE_URL: 'postgres://app:canary-password@db.example.com/billbridge',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  ADMIN_KEY: 'canary-admin-key-of-32-characters-or-more',
};

function problemsOf(env: Readonly<Record<string, string>>): string {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
}

describe('settings', () => {
  it('stand in .env.example, every one and no other', () => {
    const example = readFileSync(resolve(ROOT, '.env.example'), 'utf8');
    const named = [...example.matchAll(/^#?\s?([A-Z][A-Z\d_]+)=/gm)].map((match) => match[1]);
    expect(named.sort()).toEqual(Object.keys(SETTINGS).sort());
  });

  it('that are read are in the list', () => {
    const source = readFileSync(resolve(ROOT, 'src/config/config.ts'), 'utf8');
    const read = [...source.matchAll(/(?:text|required|integer|flag|list|url)\('([A-Z\d_]+)'/g)].map(
      (match) => match[1],
    );
    expect(read.length).toBeGreaterThan(15);
    for (const name of read) expect(Object.keys(SETTINGS)).toContain(name);
  });

  it('in production need DATABASE_URL, ENCRYPTION_KEYS and ADMIN_KEY, and each missing one is named', () => {
    expect(problemsOf({ ...GOOD, NODE_ENV: 'production' })).toBe('');
    for (const name of Object.keys(GOOD)) {
      const { [name as keyof typeof GOOD]: _, ...rest } = GOOD;
      expect(problemsOf({ ...rest, NODE_ENV: 'production' })).toContain(`${name} is required in production`);
    }
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', 'abc'],
    ['DATABASE_URL', 'mysql://canary'],
    ['ENCRYPTION_KEYS', 'k1:canary'],
    ['ENCRYPTION_KEYS', `${GOOD.ENCRYPTION_KEYS},${GOOD.ENCRYPTION_KEYS}`],
    ['ADMIN_KEY', 'canary-short'],
    ['INVOICE_CLOUD_URL', 'canary'],
    ['INVOICE_CLOUD_PATHS', '{"canary":7}'],
    ['INVOICE_CLOUD_TIMEOUT_MS', '0'],
    ['INVOICE_CLOUD_CONCURRENCY', 'canary'],
    ['HOSTED_PAGE_SECONDS', '59'],
    ['HOSTED_PAGE_SECONDS', '2592001'],
    ['RELAY_RETRY_SECONDS', '5,canary'],
    ['LOG_LEVEL', 'canary'],
    ['DOCS', 'canary'],
    ['MIGRATE_ON_START', 'canary'],
    ['ALERT_URL', 'canary'],
    ['ALERT_URL', 'http://canary.example.com:99999'],
    ['ALERT_SECRET', 'whsec_canary'],
    ['ALERT_MAIL', 'canary'],
  ])('%s with a bad value is named, and the value is not shown', (name, value) => {
    const problems = problemsOf({ ...GOOD, [name]: value });
    expect(problems).toContain(name);
    expect(problems).not.toContain('canary');
  });

  it('that belong together are asked for together', () => {
    const URL = { ALERT_URL: 'https://alerts.example.com' };
    const SECRET = { ALERT_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
    expect(problemsOf({ ...GOOD, ...URL, ...SECRET })).toBe('');
    expect(problemsOf({ ...GOOD, ...URL })).toContain('ALERT_SECRET is required with ALERT_URL');
    expect(problemsOf({ ...GOOD, ALERT_MAIL: 'a@example.com' })).toContain('SMTP_URL is required with ALERT_MAIL');
    const mail = { ALERT_MAIL: 'a@example.com, b@example.com', SMTP_URL: 'smtp://mail.example.com' };
    expect(problemsOf({ ...GOOD, ...mail })).toBe('');
    const plain = { ...SECRET, ALERT_URL: 'http://alerts.example.com' };
    expect(problemsOf({ ...GOOD, ...plain })).toBe('');
    expect(problemsOf({ ...GOOD, ...plain, NODE_ENV: 'production' })).toContain('ALERT_URL must be an https URL');
  });

  it('name everything that is wrong at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'x' }).split('\n')).toHaveLength(6);
  });
});
