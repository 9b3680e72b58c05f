/**
 * Loaded into a platform process before its own code (`node --import`), by the chaos run alone. Nothing in `src/` knows of it:
 * it stands at the driver, at undici's announcements and at the timers, names every step that passes there, and ends the
 * process with SIGKILL at the one that it was told.
 */
import { flushCompileCache } from 'node:module';
import { watchCalls } from './calls.js';
import { hastenSweeps, noteStarted, watchRequests } from './context.js';
import { watchDriver } from './driver.js';
import { Mutations } from './mutations.js';
import { die, Points } from './points.js';
import type { Environment, Order, Report } from './protocol.js';

const { CHAOS_SWEEP_MS, CHAOS_WITHOUT = '', CHAOS_INVOICE_CLOUD } = process.env as Environment;
const points = new Points();
const jitter = { ms: 0 };
const mutations = new Mutations(CHAOS_WITHOUT.split(','));

// Without a name for Invoice Cloud there is nothing to label: this is the sandbox, which only must not outlive the run.
if (CHAOS_INVOICE_CLOUD !== undefined) {
  watchRequests();
  watchDriver(points, mutations, jitter);
  watchCalls(points, CHAOS_INVOICE_CLOUD);
  if (CHAOS_SWEEP_MS !== undefined) hastenSweeps(Number(CHAOS_SWEEP_MS));
}

process.on('message', (order: Order) => {
  // The first one comes when we are ready.
  noteStarted();
  if (order.type === 'arm') points.arm(order.point);
  else if (order.type === 'disarm') points.arm(undefined);
  else if (order.type === 'jitter') jitter.ms = order.ms;
  else process.send?.({ type: 'report', labels: points.take(), mutations: mutations.counts() } satisfies Report);
});
// The harness has gone, however it went: so do we.
process.on('disconnect', die);
process.channel?.unref();
// Node writes it at an orderly end, which few of these processes come to.
setTimeout(flushCompileCache, 3_000).unref();
