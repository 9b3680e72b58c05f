import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database of a run's own, on somebody's server. */
export interface OwnDatabase {
  readonly url: string;
  /** @example 'PostgreSQL 15.8 at db.example.com' */
  readonly server: string;
  /** Drops it, and every database whose name begins with its name and an underscore. */
  readonly drop: () => Promise<void>;
}

const OLDEST = 150_000;

/**
 * Makes a database beside the one that is named, and touches no other. Its name holds a time and 48 bits of chance.
 * @param databaseUrl a database that exists, on a server where the role may create others
 * @param purpose a word that the name begins with, after `billbridge_`
 * @throws Error of one line that says what to do
 */
export async function createOwnDatabase(databaseUrl: string, purpose: string): Promise<OwnDatabase> {
  const url = readUrl(databaseUrl);
  const name = `billbridge_${purpose}_${Date.now().toString(36)}${randomBytes(6).toString('hex')}`;
  const version = await onServer(url, async (client) => {
    const { rows } = await client.query<Server>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
         current_setting('server_encoding') as encoding, current_user as role,
         (select rolcreatedb or rolsuper from pg_roles where rolname = current_user) as "mayCreate"`,
    );
    const [server] = rows as [Server];
    if (server.number < OLDEST)
      throw new Error(`DATABASE_URL: PostgreSQL 15 or newer is needed, not ${server.version}`);
    if (server.encoding !== 'UTF8')
      throw new Error(`DATABASE_URL: a database in UTF8 is needed, not ${server.encoding}`);
    if (!server.mayCreate) {
      throw new Error(
        `DATABASE_URL: the role may create no database. As an administrator: alter role ${server.role} createdb`,
      );
    }
    await client.query(`create database ${name}`);
    return server.version;
  });
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    server: `PostgreSQL ${version} at ${url.host}`,
    drop: () => onServer(url, (client) => dropAll(client, name)),
  };
}

interface Server {
  readonly version: string;
  readonly number: number;
  readonly encoding: string;
  readonly role: string;
  readonly mayCreate: boolean;
}

/** The tests put proxies in front of it and name databases in it: it must be an address with one host. */
function readUrl(databaseUrl: string): URL {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '' || url.searchParams.has('host')) {
    throw new Error('DATABASE_URL: one host is needed here, as in postgres://user:password@host:5432/database');
  }
  url.port ||= '5432';
  return url;
}

async function dropAll(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database where datname = $1 or starts_with(datname, $1 || '_')`,
    [name],
  );
  for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
}

async function onServer<Result>(url: URL, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect().catch((error: Error & { code?: string }) => {
    // Its message may quote the address, with the password.
    throw new Error(`DATABASE_URL: the server can't be reached, or refuses us (${error.code ?? error.name})`);
  });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
