import { within } from '../common/deadline.js';
import { WatchedClient } from './clients.js';
import { SESSION } from './database.js';
import type { Primary } from './primary.js';

/** How long a pooler may take to give a second connection, or an answer on the first. Milliseconds. */
const PATIENCE_MS = 5_000;
/** So many times two clients of a pooler take turns; one that changes servers between transactions does so in the first or second. */
const TURNS = 4;

/** DATABASE_URL leads to something that the platform can't work with. The message is for an operator, and holds no address. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase';
}

const TRANSACTION_MODE =
  `DATABASE_URL leads to a pooler that shares a connection between transactions (PgBouncer's transaction or
  statement mode): settings of the session, prepared statements and notifications get lost there. Use session mode
  (pool_mode = session), or the address of PostgreSQL itself`.replace(/\s+/g, ' ');
const NO_SECOND =
  `DATABASE_URL leads to a pooler that gave no second connection in ${PATIENCE_MS / 1000} s: in session mode its pool
  needs DATABASE_POOL_SIZE and three more for each process`.replace(/\s+/g, ' ');

/**
 * Makes sure, once at the start, that a connection is a session of its own: that its settings stay, and that no other client is
 * given its server in between. Directly connected, that is one connection and one question.
 * @throws UnusableDatabase, or the driver's error when the database can't be reached
 */
export async function checkSession(primary: Primary): Promise<void> {
  const clients: WatchedClient[] = [];
  const open = async (): Promise<WatchedClient> => {
    const client = new WatchedClient({
      connectionString: primary.connectionString,
      primary,
      session: SESSION,
      application_name: 'billbridge',
      connectionTimeoutMillis: PATIENCE_MS,
    });
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const client = await open();
    if (client.pooled) await checkPooler(client, open);
    await checkSettings(client);
  } finally {
    for (const client of clients) client.end().catch(() => undefined);
  }
}

/** The other one's transaction keeps a server busy. In transaction mode that is the one which ours has just had. */
async function checkPooler(client: WatchedClient, open: () => Promise<WatchedClient>): Promise<void> {
  const ours = await inTime(pidOf(client));
  const other = await inTime(open());
  if (other === undefined) throw new UnusableDatabase(NO_SECOND);
  for (let turn = 0; turn < TURNS; turn += 1) {
    // Statement mode takes no transaction.
    await other.query('begin').catch((cause: unknown) => {
      throw new UnusableDatabase(TRANSACTION_MODE, { cause });
    });
    const theirs = await pidOf(other);
    const now = await inTime(pidOf(client));
    if (theirs === ours || now !== ours) throw new UnusableDatabase(TRANSACTION_MODE);
    await other.query('rollback');
  }
}

async function checkSettings(client: WatchedClient): Promise<void> {
  const names = Object.keys(SESSION);
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from unnest($1::text[]) as name`,
    [names],
  );
  const lost = rows.filter(({ name, setting }) => setting !== SESSION[name as keyof typeof SESSION]);
  if (lost.length === 0) return;
  throw new UnusableDatabase(
    `DATABASE_URL leads to a server that does not keep ${lost.map(({ name }) => name).join(', ')}`,
  );
}

async function pidOf(client: WatchedClient): Promise<number | undefined> {
  return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
}

/** @returns undefined when it takes too long */
function inTime<Result>(work: Promise<Result>): Promise<Result | undefined> {
  // It may fail later, when nobody waits for it any more.
  work.catch(() => undefined);
  return within(work, PATIENCE_MS, () => undefined);
}
