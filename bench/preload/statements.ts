/**
 * Loaded into a platform process before its own code (`node --import`): writes down every statement that goes to PostgreSQL,
 * and for which request, one JSON array a line, into the file that STATEMENTS_FILE names. For counting, not for measuring.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import pg from 'pg';

const file = process.env['STATEMENTS_FILE'];
const request = new AsyncLocalStorage<string>();

subscribe('http.server.request.start', (message) => {
  const { method = '', url = '' } = (message as { readonly request: IncomingMessage }).request;
  request.enterWith(`${method} ${url}`);
});

const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
const original = prototype.query;
prototype.query = function query(...args) {
  const [config] = args;
  const sql = typeof config === 'string' ? config : (config as { text?: unknown } | null)?.text;
  // What belongs to no request runs by itself: the relay, or a sweep.
  if (file && typeof sql === 'string') {
    appendFileSync(file, `${JSON.stringify([request.getStore() ?? '', sql.replace(/\s+/g, ' ').trim()])}\n`);
  }
  return original.apply(this, args);
};
