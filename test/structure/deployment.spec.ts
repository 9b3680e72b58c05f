import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { NODE_OPTIONS } from '../../bench/contestants.js';
import { readConfig } from '../../src/config/config.js';

describe('the bench', () => {
  it('measures the platform with the options of Node that it is deployed with', () => {
    const dockerfile = readFileSync(resolve(import.meta.dirname, '../../Dockerfile'), 'utf8');
    const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', ...NODE_OPTIONS, 'dist/src/main.js']);
  });
});

describe('the container', () => {
  const file = (name: string): string => readFileSync(resolve(import.meta.dirname, '../..', name), 'utf8');

  it('is given the time that it takes to drain and stop', () => {
    const { drainSeconds } = readConfig({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://app:password@db.example.com/billbridge',
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
      ADMIN_KEY: 'a-key-of-an-administrator-for-tests',
    });
    const [, stop = ''] = /^const STOP_MS = ([\d_]+);$/m.exec(file('src/serve.ts')) ?? [];
    const { services } = parse(file('docker-compose.yml')) as { services: { app: { stop_grace_period: string } } };
    const grace = Number(/^(\d+)s$/.exec(services.app.stop_grace_period)?.[1]);
    expect(grace).toBeGreaterThan(drainSeconds + Number(stop.replaceAll('_', '')) / 1_000);
    expect(file('Dockerfile')).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });
});
