import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** On whose behalf a statement is made. `other` and `start` are not killed: administration, health, what a process does before it is ready. */
export type Path = 'opening' | 'postback' | 'relay' | 'sweep' | 'start' | 'other';

const path = new AsyncLocalStorage<Path>();
let started = false;

/** From now on, what is made for no request, and is no sweep, is the relay's. */
export function noteStarted(): void {
  started = true;
}

const PATHS: readonly (readonly [pattern: RegExp, path: Path])[] = [
  [/^POST \/postbacks\//, 'postback'],
  [/^POST \/v1\/billers\/[^/]+\/cloud-pay\/payments(\?|$)/, 'opening'],
  [/^POST \/cloudpaymentsapi\/v2/, 'opening'],
];

/** Tells by the request that is being answered; what is not for a request runs by itself: the relay, or a sweep. */
export function pathOf(): Path {
  return started ? (path.getStore() ?? 'relay') : 'start';
}

export function watchRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { method = '', url = '' } = (message as { readonly request: IncomingMessage }).request;
    const found = PATHS.find(([pattern]) => pattern.test(`${method} ${url}`));
    path.enterWith(found?.[1] ?? 'other');
  });
}

/** Sweeps come once a minute; a test that waited for them would be long. Nothing else of the platform is faster for it. */
export function hastenSweeps(everyMs: number): void {
  const original = globalThis.setInterval;
  const hastened = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    ms === 60_000 ? original(() => path.run('sweep', () => work(...args)), everyMs) : original(work, ms, ...args);
  globalThis.setInterval = hastened as typeof setInterval;
}
