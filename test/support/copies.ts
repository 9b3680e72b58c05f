import { randomBytes } from 'node:crypto';
import type { Story } from './story.js';

const DAY_MS = 86_400_000;

/** A UUIDv7 of that time. */
export function idAt(time: Date): string {
  const random = randomBytes(10).toString('hex');
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

const timeOf = (id: string): Date => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));

/** The beginning of a day of UTC: today's, or one so many days ago. */
export const midnight = (daysAgo = 0): number => (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS;

/** More of the same payment, each of an invoice of its own, as opened at these times. @returns their ids, in order */
export async function copies(story: Story, paymentId: string, times: readonly Date[]): Promise<string[]> {
  const ids = times.map(idAt).sort();
  await story.db.rows(
    `insert into payments
     select (jsonb_populate_record(p, jsonb_build_object(
       'id', copy, 'invoice_number', 'c-' || copy, 'created_at', at, 'capability_digest', sha256(copy::text::bytea)))).*
     from payments p, unnest($2::uuid[], $3::timestamptz[]) as c (copy, at) where p.id = $1`,
    [paymentId, ids, ids.map(timeOf)],
  );
  return ids;
}

/** So many of them, opened within the last minute. */
export const manyCopies = (story: Story, paymentId: string, count: number): Promise<string[]> =>
  copies(
    story,
    paymentId,
    Array.from({ length: count }, (_, n) => new Date(Date.now() - 60_000 + n)),
  );
