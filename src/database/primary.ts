import { Client } from 'pg';
import { type DatabaseHost, readDatabaseUrl } from '../config/database-url.js';

/** What a server says of itself on a new connection. */
export interface Facts {
  /** In recovery. */
  readonly standby: boolean;
  readonly readOnly: boolean;
  /** Of the whole cluster, the same on its standbys; null where we may not ask. */
  readonly system: string | null;
  /** Goes up with every promotion; null where we may not ask. */
  readonly timeline: number | null;
  /** The process that serves us; a pooler gives us another number than that. */
  readonly pid: number;
}

export interface Place {
  readonly system: string;
  readonly timeline: number;
}

/** SQL of `Facts`, for a `select`. Asks nothing that a standby refuses. */
export const FACTS = `
  pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly",
  (select system_identifier::text from pg_control_system()) as system,
  case when not pg_is_in_recovery()
    then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int4 end as timeline,
  pg_backend_pid() as pid`;

/** The same where a service forbids the functions above (their errors: `factsForbidden`). */
export const FEWER_FACTS = `
  pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly",
  null as system, null as timeline, pg_backend_pid() as pid`;

export const factsForbidden = (error: unknown): boolean =>
  /^(42501|42883|0A000|55000)$/.test((error as { code?: string } | null)?.code ?? '');

/** The server that was reached is not the one that takes writes, or not any more. Nothing was done. Its message is for operators. */
export class NotPrimary extends Error {
  /** As PostgreSQL refuses a write on a standby. */
  readonly code = '25006';
  override readonly name = 'NotPrimary';
}

/** @throws NotPrimary */
export function refuseStandby({ standby, readOnly }: Facts): void {
  if (standby) throw new NotPrimary('The database is a standby: it takes no writes until it is promoted.');
  if (readOnly) throw new NotPrimary('The database is read-only: it takes no writes.');
}

/** A connection, which is cut when the process has met another primary than the one that it leads to. */
export interface Follower {
  leave(): void;
}

/** How long one host may take to say what it is. Milliseconds. */
const LOOK_MS = 3_000;

/**
 * The primary that this process writes to: what its newest connections have met. Of one system the highest timeline counts, since
 * a promotion begins a new one and the old primary may live on; of two systems the one met last. Whatever is connected to another
 * primary is cut in the same moment, so that nothing more is read or written there.
 */
export class Primary {
  readonly hosts: readonly DatabaseHost[];
  readonly connectionString: string;
  private met: Place | undefined;
  private readonly followers = new Map<Follower, Place>();
  private readonly watchers: ((now: Place, before: Place | undefined) => void)[] = [];
  private readonly strays: ((stray: Place) => void)[] = [];
  private chosen: DatabaseHost | undefined;
  private looking: Promise<DatabaseHost> | undefined;

  constructor(databaseUrl: string) {
    const { hosts, connectionString } = readDatabaseUrl(databaseUrl);
    this.hosts = hosts;
    this.connectionString = connectionString;
  }

  get current(): Place | undefined {
    return this.met;
  }

  /** @param watcher called when the process has met its first primary, and each other one */
  onChange(watcher: (now: Place, before: Place | undefined) => void): void {
    this.watchers.push(watcher);
  }

  /** @param watcher called when a former primary still takes connections */
  onStray(watcher: (stray: Place) => void): void {
    this.strays.push(watcher);
  }

  /** @returns the primary that a server is, or undefined where it may not say so. @throws NotPrimary */
  meet(facts: Facts): Place | undefined {
    refuseStandby(facts);
    const { system, timeline } = facts;
    if (system === null || timeline === null) return undefined;
    const { met } = this;
    const place = met?.system === system && met.timeline === timeline ? met : { system, timeline };
    if (met?.system === system && timeline < met.timeline) {
      for (const stray of this.strays) stray(place);
      throw new NotPrimary(
        `The database is on timeline ${timeline}, a former primary: this process has met timeline ${met.timeline}.`,
      );
    }
    if (place !== met) this.move(place);
    return place;
  }

  /** @param place where it is connected to, as `meet` has said */
  follow(follower: Follower, place: Place): void {
    this.followers.set(follower, place);
  }

  unfollow(follower: Follower): void {
    this.followers.delete(follower);
  }

  private move(place: Place): void {
    const before = this.met;
    this.met = place;
    for (const watcher of this.watchers) watcher(place, before);
    for (const [follower, at] of this.followers) {
      if (at === place) continue;
      this.followers.delete(follower);
      follower.leave();
    }
  }

  /** @returns where to connect to; undefined where there is one host. @throws NotPrimary or the driver's error when none will do */
  async host(): Promise<DatabaseHost | undefined> {
    if (this.hosts.length < 2) return undefined;
    return this.chosen ?? this.look();
  }

  /** A connection failed: of several hosts, look anew which is the primary. */
  doubt(): void {
    this.chosen = undefined;
  }

  /** Asks every host what it is, on a connection of its own. Answers with the first that will do, and learns of the others. */
  look(): Promise<DatabaseHost> {
    return (this.looking ??= this.ask().finally(() => (this.looking = undefined)));
  }

  private ask(): Promise<DatabaseHost> {
    const asked = this.hosts.map(async (host) => {
      const facts = await factsOf(this.connectionString, this.hosts.length > 1 ? host : undefined);
      const other = this.met !== undefined && facts.system !== this.met.system;
      if (!other) this.choose(host, facts);
      return { host, facts, other };
    });
    const first = asked.map((one) =>
      one.then(({ host, other }) => {
        if (other) throw new NotPrimary('The database is another system than before.');
        return host;
      }),
    );
    // A cluster that we do not know counts only where ours is nowhere, and in the order of the hosts.
    const any = async (): Promise<DatabaseHost> => {
      let refused: unknown;
      for (const one of await Promise.allSettled(asked)) {
        try {
          if (one.status === 'rejected') throw one.reason;
          this.choose(one.value.host, one.value.facts);
          return one.value.host;
        } catch (error) {
          refused = error;
        }
      }
      throw refused;
    };
    return Promise.any(first).catch(any);
  }

  private choose(host: DatabaseHost, facts: Facts): void {
    this.meet(facts);
    this.chosen = host;
  }
}

/** @param host in place of the one that the connection string names */
async function factsOf(connectionString: string, host: DatabaseHost | undefined): Promise<Facts> {
  const client = new Client({
    connectionString,
    application_name: 'billbridge',
    connectionTimeoutMillis: LOOK_MS,
    query_timeout: LOOK_MS,
  });
  client.on('error', () => undefined);
  if (host) Object.assign(client, host);
  try {
    await client.connect();
    return await askFacts((text) => client.query<Facts>(text));
  } finally {
    // Not waited for: a server that is silent would hold us.
    client.end().catch(() => undefined);
  }
}

/** @param also more SQL for the same `select` */
export async function askFacts(
  ask: (text: string) => Promise<{ readonly rows: readonly Facts[] }>,
  also = '',
): Promise<Facts> {
  const { rows } = await ask(`select ${FACTS}${also}`).catch((error: unknown) => {
    if (!factsForbidden(error)) throw error;
    return ask(`select ${FEWER_FACTS}${also}`);
  });
  const [facts] = rows;
  if (!facts) throw new Error('the database connection gave no answer');
  return facts;
}
