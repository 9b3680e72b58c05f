import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from './app.js';
import { Draining } from './common/draining.js';
import { ConfigError, type Config, readConfig } from './config/config.js';
import { migrate, MigrationFailed } from './database/migrate.js';
import { NotPrimary, Primary } from './database/primary.js';
import { checkSession, UnusableDatabase } from './database/session-check.js';

/** For exchanges, deliveries and sweeps that are under way when we stop accepting. Milliseconds. */
const STOP_MS = 30_000;

const NO_SPOOL =
  'SPOOL_DIR is not set: while the database is away for longer than ten seconds, PostBacks are refused and may be lost.\n';

/** Reads the environment once, brings the schema up to date, and listens until it is told to stop. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  await checkSession(new Primary(config.databaseUrl));
  if (config.migrateOnStart) {
    const done = await migrate(config.databaseUrl, { say: (line) => process.stdout.write(`migrations: ${line}\n`) });
    if (done.length > 0) process.stdout.write(`migrations: done, ${done.length} of this release\n`);
  }
  const app = await createApp(config);
  if (!config.migrateOnStart && (await app.get(DataSource).showMigrations())) {
    throw new ConfigError(['the database schema is older than this release: run "npm run migrate"']);
  }
  const cutShort = new AbortController();
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    // A second signal ends the drain. It must not kill the process: what is under way would be cut off.
    if (stopping) cutShort.abort();
    else stopping = drainAndStop(app, config.drainSeconds, cutShort.signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await listen(app, config);
  if (!config.spool.dir) process.stderr.write(NO_SPOOL);
  if (!config.publicUrl) process.stderr.write('PUBLIC_URL is not set: payments can not be opened until it is.\n');
  process.stdout.write(`Billbridge listens on ${await app.getUrl()}\n`);
}

/** Serves on for `seconds`, while balancers notice; then stops. @param cutShort ends the first part */
async function drainAndStop(app: NestFastifyApplication, seconds: number, cutShort: AbortSignal): Promise<void> {
  const draining = app.get(Draining);
  draining.begin();
  const { server } = app.getHttpAdapter().getInstance();
  if (seconds > 0 && server.listening) {
    process.stdout.write(`Draining for ${seconds} s; a second signal stops at once\n`);
    // Cut short, it rejects, and for no other reason.
    await sleep(seconds * 1_000, undefined, { signal: cutShort }).catch(() => undefined);
  }
  await stopNow(app, draining.closeServer(server));
}

/**
 * No new work, and what is under way ends: requests, deliveries and sweeps at the same time. What hangs is left, not waited
 * for: it is recorded so that any other process goes on with it.
 */
async function stopNow(app: NestFastifyApplication, served: Promise<void>): Promise<never> {
  const late = setTimeout(() => {
    process.stderr.write(`What was under way did not end within ${STOP_MS / 1000} s\n`);
    process.exit(1);
  }, STOP_MS);
  await Promise.all([served, app.close()]);
  clearTimeout(late);
  process.exit(0);
}

async function listen(app: Awaited<ReturnType<typeof createApp>>, { port, host }: Config): Promise<void> {
  await app.listen(port, host).catch(async (error: unknown) => {
    await app.close();
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new ConfigError([`PORT: ${port} on ${host} is taken by another process`]);
  });
}

main().catch((error: unknown) => {
  // A driver's error may quote the connection string; the message of our own errors never does.
  const { code, name } = error as { code?: string; name?: string };
  const plain = [ConfigError, MigrationFailed, UnusableDatabase, NotPrimary].some((kind) => error instanceof kind);
  const text = plain ? (error as Error).message : `The platform could not start (${code ?? name ?? 'unknown'})`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
