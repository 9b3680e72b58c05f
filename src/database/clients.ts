import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import { isAway, isReadOnly, NotReplicated } from './postgres-errors.js';
import { askFacts, type Facts, type Follower, type Place, type Primary, refuseStandby } from './primary.js';

export interface PrimaryClientConfig extends ClientConfig {
  /** What this process knows of its primary; where there is none, one host is connected to and not compared with others. */
  readonly primary?: Primary;
  /** Settings of the session, by name. Not in the start-up packet, where a pooler refuses them. */
  readonly session?: Readonly<Record<string, string>>;
}

/** What pg keeps of itself. */
interface Inside {
  readonly connection: { readonly stream: Socket };
  /** False from the sending of a query until all that were sent are done, however they end. */
  readonly readyForQuery: boolean;
  /** Of the server process; from a pooler, a number of its own. */
  readonly processID: number | null;
  /** How often the pool has had it back. At its limit, which is infinite, the pool closes it. */
  _poolUseCount: number;
}

/**
 * Between two who hold it a client has no listener, and its error, which may come in that moment (the last words of a PostgreSQL
 * that dies, behind an answer), would end the process. Whoever is given the client hears it from the next query.
 */
export class QuietClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** A connection to the primary, or none: where a server is a standby, read-only or a former primary, connecting fails. */
export class PrimaryClient extends QuietClient implements Follower {
  /** The primary that it is connected to; undefined where the server may not say so. */
  place: Place | undefined;
  /** Whether something in between speaks for PostgreSQL. */
  pooled = false;
  private readonly primary: Primary | undefined;
  private readonly session: string;

  constructor(config: PrimaryClientConfig) {
    super(config);
    this.primary = config.primary;
    this.session = Object.entries(config.session ?? {})
      .map(([name, value]) => `, set_config('${name}', '${value}', false)`)
      .join('');
    this.once('end', () => this.primary?.unfollow(this));
  }

  /** Connects, and in one more round trip asks what the server is and sets what the session needs. */
  override connect(): Promise<Client & this>;
  override connect(callback: (error: Error | undefined) => void): void;
  override connect(callback?: (error: Error | undefined) => void): Promise<Client & this> | void {
    const opened = this.open();
    if (!callback) return opened.then(() => this);
    opened.then(
      () => callback(undefined),
      (error: Error) => callback(error),
    );
  }

  protected get inside(): Inside {
    return this as unknown as Inside;
  }

  private async open(): Promise<void> {
    try {
      const host = await this.primary?.host();
      if (host) Object.assign(this, host);
      await super.connect();
      const facts = await askFacts((text) => super.query<Facts>(text), this.session);
      this.pooled = facts.pid !== this.inside.processID;
      refuseStandby(facts);
      this.place = this.primary?.meet(facts);
      if (this.place) this.primary?.follow(this, this.place);
    } catch (error) {
      this.inside.connection.stream.destroy();
      if (isAway(error)) this.primary?.doubt();
      throw error;
    }
  }

  /** Nobody knows whether what is under way on it was done. */
  leave(): void {
    this.inside.connection.stream.destroy(new Error('the database connection led to a former primary'));
  }
}

/** Nothing of ours takes as long without a byte; what is silent longer is gone, as after a failover without a reset. */
const SILENT_MS = 25_000;

interface WatchedConfig extends PrimaryClientConfig {
  /** In place of `SILENT_MS`. Milliseconds. */
  readonly silentMs?: number;
}

interface Asking {
  readonly submit?: unknown;
  readonly callback?: unknown;
}

type Told = (error: Error | null, result: unknown) => void;

/** The routine of PostgreSQL that waits for a synchronous standby. It is named in notices, in no language. */
const WAITS_FOR_STANDBY = 'SyncRepWaitForLSN';

/**
 * A connection of the pool. It is broken when a query waits on it in vain, and given up when the server has become read-only; the
 * pool then opens another one. A commit that no synchronous standby has confirmed fails with `NotReplicated`.
 *
 * It hands pg a callback where the caller wants a promise. pg itself would write a function to a property of the query
 * (`query.callback = …`). V8 allocates such a function as old, and with it all that waits for the answer, a batch and its requests,
 * stays in memory until the next collection of the whole heap: 11 KiB an opening (measured).
 */
export class WatchedClient extends PrimaryClient {
  /** When the server last said anything, or was first asked since. By `performance.now()`. */
  private heardAt = 0;
  /** The query that is being answered was committed without the standby. */
  private unconfirmed = false;

  override query = ((config: string | Asking, values?: unknown, callback?: unknown) => {
    const given = typeof config === 'string' ? undefined : (config.submit ?? config.callback);
    if (this.inside.readyForQuery) this.heardAt = performance.now();
    const ask = (told: unknown): unknown => super.query(config as string, values as unknown[], told as () => void);
    if (given) return ask(callback);
    const wanted = (callback ?? (typeof values === 'function' ? values : undefined)) as Told | undefined;
    if (wanted) {
      const answered: Told = (error, result) => wanted(this.judge(error), result);
      if (typeof values === 'function') values = undefined;
      return ask(answered);
    }
    const answer = new Promise((resolve, reject) => {
      const answered: Told = (error, result) => {
        const failed = this.judge(error);
        if (failed) reject(failed);
        else resolve(result);
      };
      ask(answered);
    });
    return answer.catch((error: Error) => {
      // As pg does: the stack leads to who asked, not to the socket.
      Error.captureStackTrace(error);
      throw error;
    });
  }) as Client['query'];

  constructor(config: WatchedConfig = {}) {
    super(config);
    this.on('notice', ({ routine }) => {
      if (routine === WAITS_FOR_STANDBY) this.unconfirmed = true;
    });
    this.once('connect', () => this.watch(config.silentMs ?? SILENT_MS));
  }

  /** PostgreSQL sends a notice before the end of the answer that it belongs to. */
  private judge(error: Error | null): Error | null {
    const { unconfirmed } = this;
    this.unconfirmed = false;
    if (error && isReadOnly(error)) this.giveUp();
    return unconfirmed ? new NotReplicated() : error;
  }

  /** What is under way ends; the pool then closes it. */
  private giveUp(): void {
    this.inside._poolUseCount = Infinity;
  }

  /** What we send is no sign of life, so that the socket's own timeout would not do: a query may be sent behind one that hangs. */
  private watch(silentMs: number): void {
    const { stream } = this.inside.connection;
    stream.on('data', () => (this.heardAt = performance.now()));
    const timer = setInterval(() => {
      if (this.inside.readyForQuery || performance.now() - this.heardAt < silentMs) return;
      stream.destroy(new Error('the database connection fell silent'));
    }, silentMs / 10).unref();
    stream.once('close', () => clearInterval(timer));
  }
}
