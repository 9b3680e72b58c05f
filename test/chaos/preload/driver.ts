import pg from 'pg';
import { pathOf } from './context.js';
import { boundaryOf, statementName } from './labels.js';
import type { Mutations } from './mutations.js';
import type { Points } from './points.js';

type Callback = (error: Error | null | undefined, result?: unknown) => void;
type Query = (this: pg.Client, ...args: unknown[]) => unknown;

interface Statement {
  readonly label: string;
  readonly text: string;
  readonly prelude: readonly string[];
  readonly early: boolean;
  readonly waitMs: number;
}

/** What is told where a guard is taken out that waits for the answer. */
const DONE_ALREADY = { rows: [], rowCount: null, command: 'COMMIT' };

/** The first real statement of the transaction that a connection is in: it says what the transaction is for. */
const transactions = new WeakMap<pg.Client, string>();

/** Puts itself between the driver's users and the driver. Statements that are objects pass untouched. */
export function watchDriver(points: Points, mutations: Mutations, jitter: { readonly ms: number }): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;

  const describe = (client: pg.Client, sql: string): Statement => {
    const path = pathOf();
    const boundary = boundaryOf(sql);
    const first = transactions.get(client);
    if (boundary === 'begin') transactions.set(client, '');
    else if (boundary) transactions.delete(client);
    const name = boundary ? `${boundary}${first ? ` of ${first}` : ''}` : statementName(sql);
    if (first === '' && !boundary) transactions.set(client, name);
    const slow = jitter.ms > 0 && (path === 'opening' || path === 'postback');
    return {
      label: `${path}: ${name}`,
      ...mutations.of(sql, path, boundary),
      waitMs: slow ? Math.random() * jitter.ms : 0,
    };
  };

  const send = (client: pg.Client, { label, text, prelude }: Statement, args: readonly unknown[]): unknown => {
    const dying = points.isDue(label, 'during');
    // Their failure is the statement's own: the connection is broken, or its transaction is.
    for (const earlier of prelude) void (original.call(client, earlier) as Promise<unknown>).catch(() => undefined);
    const [config, ...rest] = args;
    const sent = original.call(client, typeof config === 'string' ? text : { ...(config as object), text }, ...rest);
    if (dying) setImmediate(() => points.pass(label, 'during'));
    return sent;
  };

  prototype.query = function query(...args) {
    const [config] = args;
    const sql = typeof config === 'string' ? config : (config as { text?: unknown } | null)?.text;
    const isOwn = typeof config === 'object' && config !== null && 'submit' in config;
    if (typeof sql !== 'string' || isOwn) return original.apply(this, args);

    const statement = describe(this, sql);
    const { label } = statement;
    points.enter(label);
    const due = points.isDue(label, 'after');
    const answered = () => {
      if (due) points.pass(label, 'after');
    };
    const index = args.findIndex((arg) => typeof arg === 'function');
    if (index >= 0) {
      const callback = args[index] as Callback;
      const watched: Callback = (error, result) => {
        answered();
        if (!statement.early) callback(error, result);
      };
      const changed = args.with(index, watched);
      if (statement.early) setImmediate(() => callback(null, DONE_ALREADY));
      if (statement.waitMs === 0) return send(this, statement, changed);
      setTimeout(() => send(this, statement, changed), statement.waitMs);
      return undefined;
    }
    const later = async (): Promise<unknown> => {
      if (statement.waitMs > 0) await new Promise((done) => setTimeout(done, statement.waitMs));
      const sent = send(this, statement, args) as Promise<unknown>;
      if (statement.early) {
        sent.catch(() => undefined);
        return DONE_ALREADY;
      }
      return sent.finally(answered);
    };
    return later();
  };
}
