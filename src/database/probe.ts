import { BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { within } from '../common/deadline.js';
import { traceOf } from '../common/problem.js';
import { PrimaryClient } from './clients.js';
import { NotPrimary, Primary } from './primary.js';

/** Whoever asks within this time after a probe has begun gets its answer. Milliseconds. */
const FRESH_MS = 1_000;
/** Whoever asks is answered within this time, whatever the database does. Milliseconds. */
const ANSWER_MS = 1_500;
/** A probe that hangs for so long is given up, and the next one takes a new connection. Milliseconds. */
const HANG_MS = 5_000;
const CONNECT_MS = 3_000;
/** The connection is renewed, so that an address that points elsewhere now is noticed. Milliseconds. */
const LIFE_MS = 30_000;

/** What a process lacks that wants to write to its database. */
export interface Lack {
  /** What would have to be the case. */
  readonly missing: 'database' | 'primary' | 'disk-space' | 'database-connection' | 'confirmed-write';
  /** In words, for an operator. Holds no address and nothing that a driver's message may quote. */
  readonly detail: string;
}

interface State {
  readonly pid: number;
  readonly standby: boolean;
  readonly readOnly: boolean;
}

/** One look at the database. */
interface Look {
  client: Client | undefined;
  /** Of the server's process, once it has said it. */
  pid: number | undefined;
}

const STATE = `select pg_backend_pid() as pid, pg_is_in_recovery() as standby,
  current_setting('transaction_read_only') = 'on' as "readOnly"`;

/**
 * A full disk refuses new blocks only: the log's file has been allocated before, and so have most pages. So the probe spills a few
 * blocks to a temporary file, and then commits a message to the log, which is flushed as any commit is and touches no table.
 */
const WRITE = `begin; set local work_mem = '64kB'; select count(*) from generate_series(1, 5000);
  select pg_logical_emit_message(true, 'billbridge', 'ready'); commit`;

/**
 * Whether the database can be written to, as seen by a connection of its own: requests may use up the pool, and a probe in its queue
 * would wait with them. Looks at most once a second, and only when somebody asks.
 */
@Injectable()
export class DatabaseProbe implements BeforeApplicationShutdown {
  private readonly logger = new Logger('database');
  private client: Client | undefined;
  private connectedAt = 0;
  /** Server's process of a look that was given up. */
  private abandonedPid: number | undefined;
  private looking: Look = { client: undefined, pid: undefined };
  private running: Promise<Lack | undefined> | undefined;
  private beganAt = -Infinity;
  private last: Lack | undefined;
  private stopped = false;

  constructor(private readonly primary: Primary) {}

  /** @returns what is missing; undefined when a write has just been flushed. Answers within two seconds and never throws. */
  async lacks(): Promise<Lack | undefined> {
    const now = performance.now();
    if (!this.running) {
      if (this.stopped || now - this.beganAt < FRESH_MS) return this.last;
      this.beganAt = now;
      this.looking = { client: undefined, pid: undefined };
      this.running = this.look(this.looking);
    }
    const left = Math.max(0, this.beganAt + ANSWER_MS - now);
    return within(this.running, left, () => hanging(this.looking));
  }

  beforeApplicationShutdown(): void {
    this.stopped = true;
    this.drop(this.client);
  }

  private async look(look: Look): Promise<Lack | undefined> {
    const found = await within(this.ask(look), HANG_MS, () => this.abandon(look));
    if (found?.missing !== this.last?.missing) this.tell(found);
    this.last = found;
    this.running = undefined;
    return found;
  }

  private async ask(look: Look): Promise<Lack | undefined> {
    try {
      const client = (look.client = await this.connected());
      const { rows } = await client.query<State>(STATE);
      const [state] = rows;
      if (state?.standby || state?.readOnly) {
        this.drop(client);
        return state.standby ? STANDBY : READ_ONLY;
      }
      look.pid = state?.pid;
      await client.query(WRITE);
      return undefined;
    } catch (error) {
      this.drop(look.client);
      return lackOf(error);
    }
  }

  private async connected(): Promise<Client> {
    if (this.client && performance.now() - this.connectedAt < LIFE_MS) return this.client;
    this.drop(this.client);
    const client = new PrimaryClient({
      connectionString: this.primary.connectionString,
      primary: this.primary,
      application_name: 'billbridge-probe',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    });
    // Between two looks nobody listens, and the next one finds out.
    client.on('error', () => this.drop(client));
    client.on('end', () => this.drop(client));
    await client.connect();
    this.client = client;
    this.connectedAt = performance.now();
    await this.endAbandoned(client);
    return client;
  }

  /** A process of the server that waits for its synchronous standby does not notice that we have gone: one at most is left behind. */
  private async endAbandoned(client: Client): Promise<void> {
    const pid = this.abandonedPid;
    this.abandonedPid = undefined;
    if (pid === undefined) return;
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid = $1 and application_name = 'billbridge-probe' and usename = current_user`,
      [pid],
    );
  }

  private abandon(look: Look): Lack {
    this.abandonedPid = look.pid;
    this.drop(look.client);
    return hanging(look);
  }

  /** Not waited for: a server that is silent does not say goodbye. */
  private drop(client: Client | undefined): void {
    if (!client) return;
    if (this.client === client) this.client = undefined;
    // With a query under way, pg cuts the connection.
    void client.end().catch(() => undefined);
  }

  private tell(found: Lack | undefined): void {
    if (found) this.logger.warn({ missing: found.missing }, found.detail);
    else this.logger.log('the database takes writes again');
  }
}

/** Of a look that has not ended yet. */
const hanging = ({ pid }: Look): Lack => (pid === undefined ? SILENT : UNCONFIRMED);

const SILENT: Lack = { missing: 'database', detail: 'The database does not answer in time.' };
const STANDBY: Lack = {
  missing: 'primary',
  detail: 'The database is a standby: it takes no writes until it is promoted.',
};
const READ_ONLY: Lack = { missing: 'primary', detail: 'The database is read-only: it takes no writes.' };
const UNCONFIRMED: Lack = {
  missing: 'confirmed-write',
  detail: 'The database does not confirm a write in time, as when its synchronous standby is away or its disk hangs.',
};

function lackOf(error: unknown): Lack {
  if (error instanceof NotPrimary) return { missing: 'primary', detail: error.message };
  const { code, error: name } = traceOf(error);
  if (code === '25006') return READ_ONLY;
  if (code === '53100') return { missing: 'disk-space', detail: 'The disk of the database is full.' };
  if (code === '53400') {
    return {
      missing: 'disk-space',
      detail: 'The database allows no temporary file of a few blocks (temp_file_limit).',
    };
  }
  if (code === '53300') {
    return { missing: 'database-connection', detail: 'The database has no connection left for this process.' };
  }
  return { missing: 'database', detail: `The database does not answer, or refuses a write (${code ?? name}).` };
}
