import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDataDir, startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { readPrivateJson, writePrivateJson, type LocalFacts } from './facts.js';
import { reachable, readPort, requireFreePorts } from './ports.js';
import { seed } from './seed.js';

interface LocalSecrets {
  readonly encryptionKeys: string;
  readonly adminKey: string;
}

/** npm passes a terminal's Ctrl-C on to us although we had it already; two signals within this time are one. */
const SAME_SIGNAL_MS = 1_000;
const CLOSE_DEADLINE_MS = 10_000;

function startLocally(): void {
  const began = performance.now();
  /** In the order of the start; closed in the opposite one. */
  const running: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];
  let stopSince: number | undefined;

  const carryOn = () => {
    if (stopSince !== undefined) throw new Error('stopped while starting');
  };
  const closeAll = async () => {
    for (const { name, close } of running.splice(0).reverse()) {
      const outcome = await Promise.race([
        close().then(
          () => undefined,
          (error: Error) => error.message,
        ),
        sleep(CLOSE_DEADLINE_MS, 'still busy', { ref: false }),
      ]);
      if (outcome) console.error(`billbridge: ${name} did not stop cleanly: ${outcome}`);
    }
  };

  const start = async () => {
    const host = process.env.HOST?.trim() || '127.0.0.1';
    const port = readPort('PORT', 3000);
    const sandboxPort = readPort('SANDBOX_PORT', 4010);
    const ports: Record<string, number> = { PORT: port, SANDBOX_PORT: sandboxPort };
    const portalPorts = {
      PORTAL_MY360_PORT: readPort('PORTAL_MY360_PORT', 4020),
      PORTAL_LEADSONLINE_PORT: readPort('PORTAL_LEADSONLINE_PORT', 4030),
    };
    Object.assign(ports, portalPorts);
    // With a mail server of the developer's own, the sandbox's mailbox has nothing to receive.
    if (!process.env.SMTP_URL?.trim()) ports.SANDBOX_SMTP_PORT = readPort('SANDBOX_SMTP_PORT', 4025);
    await requireFreePorts(ports, host);

    const dataDir = resolve(process.env.DATA_DIR?.trim() || '.data');
    const secrets = await localSecrets(dataDir);
    carryOn();

    let databaseUrl = process.env.DATABASE_URL?.trim();
    let location: string | undefined;
    if (!databaseUrl) {
      const postgres = await startEmbeddedPostgres({ dataDir });
      running.push({ name: 'PostgreSQL', close: postgres.stop });
      ({ url: databaseUrl, location } = postgres);
      carryOn();
    }

    const { startSandbox } = await import('../sandbox/sandbox.js');
    const sandbox = await startSandbox({ port: sandboxPort, host, smtpPort: ports.SANDBOX_SMTP_PORT });
    running.push({ name: 'the sandbox', close: () => sandbox.close() });
    carryOn();

    const apiUrl = `http://${reachable(host)}:${port}`;
    const { readConfig } = await import('../src/config/config.js');
    const config = readConfig({
      ...process.env,
      PORT: String(port),
      HOST: host,
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEYS: process.env.ENCRYPTION_KEYS?.trim() || secrets.encryptionKeys,
      ADMIN_KEY: process.env.ADMIN_KEY?.trim() || secrets.adminKey,
      PUBLIC_URL: process.env.PUBLIC_URL?.trim() || apiUrl,
      INVOICE_CLOUD_URL: process.env.INVOICE_CLOUD_URL?.trim() || sandbox.url,
      SMTP_URL: process.env.SMTP_URL?.trim() || (sandbox.smtpUrl ?? undefined),
      // Requests at every second line would push the table below out of sight.
      LOG_LEVEL: process.env.LOG_LEVEL?.trim() || 'warn',
    });
    const { migrate } = await import('../src/database/migrate.js');
    await migrate(config.databaseUrl, { say: (line) => console.log(`migrations: ${line}`) });
    carryOn();

    const { createApp } = await import('../src/app.js');
    const app = await createApp(config);
    running.push({ name: 'the API', close: () => app.close() });
    await app.listen(config.port, config.host);
    carryOn();

    const portals = {
      leadsonline: `http://${reachable(host)}:${portalPorts.PORTAL_LEADSONLINE_PORT}`,
      my360: `http://${reachable(host)}:${portalPorts.PORTAL_MY360_PORT}`,
    };
    const factsFile = join(dataDir, 'local.json');
    const facts: LocalFacts = {
      apiUrl,
      docsUrl: `${apiUrl}/docs`,
      sandboxUrl: sandbox.url,
      adminKey: config.adminKey,
      ...(await seed({
        apiUrl,
        adminKey: config.adminKey,
        sandboxUrl: sandbox.url,
        portals,
        previous: await readPrivateJson<LocalFacts>(factsFile),
      })),
    };
    await writePrivateJson(factsFile, facts);
    carryOn();

    const { startPortals } = await import('./portals.js');
    running.push(await startPortals(facts, host, portalPorts));
    carryOn();

    console.log(table(facts, factsFile, dataDir, location, performance.now() - began));
    process.send?.('ready');
  };

  const starting = start();
  starting.catch(async (error: unknown) => {
    if (stopSince !== undefined) return;
    console.error(`billbridge: ${error instanceof Error ? error.message : String(error)}`);
    await closeAll();
    process.exit(1);
  });

  const stop = async () => {
    if (stopSince !== undefined) {
      // PostgreSQL's guard sees us go and stops it.
      if (performance.now() - stopSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stopSince = performance.now();
    await starting.catch(() => undefined);
    await closeAll();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  if (process.env.npm_lifecycle_event) stopWithParent(() => void stop());
  // The demo that started us has gone, however it went.
  process.once('disconnect', () => void stop());
  // A closed terminal takes its output away before its SIGHUP arrives.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * npm hands SIGTERM to the shell between us, which dies of it without a word to us; and a killed npm tells nobody.
 * Whoever starts us without npm may leave us running on purpose.
 */
function stopWithParent(stop: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 300);
  watch.unref();
}

/** Made once and kept: with other encryption keys, what is sealed in the database would not open again. */
async function localSecrets(dataDir: string): Promise<LocalSecrets> {
  const file = join(dataDir, 'secrets.json');
  try {
    const kept = await readPrivateJson<LocalSecrets>(file);
    if (kept) return kept;
    const made: LocalSecrets = {
      encryptionKeys: `k1:${randomBytes(32).toString('base64')}`,
      adminKey: `bb_admin_${randomBytes(32).toString('base64url')}`,
    };
    await makeDataDir(dataDir);
    await writePrivateJson(file, made);
    return made;
  } catch (cause) {
    throw new Error(`DATA_DIR ${dataDir} can't be used: ${(cause as Error).message}`, { cause });
  }
}

function table(facts: LocalFacts, file: string, dataDir: string, location: string | undefined, ms: number): string {
  const rows: [string, string][] = [
    ['Start here', `${facts.leadsonline.portalUrl}/start`],
    ['LeadsOnline', `${facts.leadsonline.portalUrl}  (a demo portal)`],
    ['My360', `${facts.my360.portalUrl}  (a demo portal)`],
    ['API', facts.apiUrl],
    ['Swagger', facts.docsUrl],
    ['Sandbox', `${facts.sandboxUrl}  (a pretend Invoice Cloud)`],
    ['Keys', `${facts.leadsonline.apiKey}  LeadsOnline, biller ${facts.leadsonline.billerId}`],
    ['', `${facts.my360.apiKey}  My360, biller ${facts.my360.billerId}`],
    ['Admin key', `in ${file}, with all of this`],
  ];
  if (location && !location.startsWith(dataDir + sep)) {
    rows.push([
      'Database',
      `${location}  (PostgreSQL refuses to run as root, and its own user can't enter ${dataDir})`,
    ]);
  }
  return [
    `\nBillbridge runs, after ${(ms / 1_000).toFixed(1)} s.\n`,
    ...rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
    '\nCtrl-C stops everything.\n',
  ].join('\n');
}

// What `npm start` runs: in production the platform alone, anywhere else with a database, a sandbox and demo data.
if (process.env.NODE_ENV !== 'production' && existsSync('.env')) process.loadEnvFile('.env');
if (process.env.NODE_ENV === 'production') await import('../src/main.js');
else startLocally();
