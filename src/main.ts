import { DataSource } from 'typeorm';
import { createApp } from './app.js';
import { ConfigError, type Config, readConfig } from './config/config.js';
import { migrate } from './database/migrate.js';

/** Reads the environment once, brings the schema up to date, and listens until it is told to stop. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  if (config.migrateOnStart) await migrate(config.databaseUrl);
  const app = await createApp(config);
  if (!config.migrateOnStart && (await app.get(DataSource).showMigrations())) {
    throw new ConfigError(['the database schema is older than this release: run "npm run migrate"']);
  }
  let stopping: Promise<void> | undefined;
  const stop = () => void (stopping ??= app.close().then(() => process.exit(0)));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await listen(app, config);
  if (!config.publicUrl) process.stderr.write('PUBLIC_URL is not set: payments can not be opened until it is.\n');
  process.stdout.write(`Billbridge listens on ${await app.getUrl()}\n`);
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
  const text =
    error instanceof ConfigError ? error.message : `The platform could not start (${code ?? name ?? 'unknown'})`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
