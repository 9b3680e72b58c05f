import { ask, type By } from './administration.js';
import { admin, type Json } from './api.js';
import { eventually } from './eventually.js';
import type { Story } from './story.js';

const HOUR_MS = 3_600_000;

/** Asks for one over the last hour. */
export async function request(story: Story, url?: string): Promise<Json> {
  const from = new Date(Date.now() - HOUR_MS).toISOString();
  return admin('POST', `/billers/${story.billerId}/reconciliations`, { from }, url);
}

export const runOf = (id: string, url?: string): Promise<Json> =>
  admin('GET', `/reconciliations/${id}`, undefined, url);

export const done = (id: string, url?: string, withinMs?: number): Promise<Json> =>
  eventually(
    'it is done',
    async () => {
      const run = await runOf(id, url);
      return run.status === 'done' && run;
    },
    withinMs,
  );

/** One over the last hour, from beginning to end. */
export async function reconcile(story: Story, url?: string): Promise<Json> {
  return done((await request(story, url)).id, url);
}

export async function itemsOf(id: string, query = 'limit=500', by?: By): Promise<Json[]> {
  return (await ask('GET', `/reconciliations/${id}/items?${query}`, undefined, by)).body.data;
}

/** Payment to what was found about it. */
export const findings = (items: readonly Json[]): Record<string, string> =>
  Object.fromEntries(items.map(({ paymentId, category, reason }) => [paymentId, `${category} ${reason}`]));
