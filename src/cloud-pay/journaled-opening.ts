import type { EntityManager } from 'typeorm';
import { newId } from '../common/id.js';
import { Payment } from './payment.entity.js';

/** A payment as it was opened, as the journal has it. Times are ISO, digests base64, amounts cents. */
export interface JournaledOpening {
  readonly id: string;
  readonly billerId: string;
  readonly partnerId: string;
  readonly accountNumber: string;
  readonly invoiceNumber: string;
  readonly billerReference: string | null;
  readonly amountDueCents: number | null;
  readonly allowPartial: boolean;
  readonly minimumDueCents: number | null;
  readonly termsDigest: string | null;
  readonly postbackUrl: string | null;
  readonly capabilityDigest: string;
  readonly hostedPageSealed: string;
  readonly supersedesId: string | null;
  readonly subtractedCents: number;
  readonly otherPagesCents: number;
  readonly createdAt: string;
  readonly openedAt: string;
  readonly pageExpiresAt: string;
}

/** The page that a payment was given. */
interface Page {
  readonly hostedPageSealed: string;
  readonly openedAt: Date;
  readonly pageExpiresAt: Date;
}

export function journaled(payment: Payment, { hostedPageSealed, openedAt, pageExpiresAt }: Page): JournaledOpening {
  const { id, billerId, partnerId, accountNumber, invoiceNumber, billerReference, amountDueCents } = payment;
  const { allowPartial, minimumDueCents, postbackUrl, supersedesId, subtractedCents, otherPagesCents } = payment;
  return {
    id,
    billerId,
    partnerId,
    accountNumber,
    invoiceNumber,
    billerReference,
    amountDueCents,
    allowPartial,
    minimumDueCents,
    termsDigest: payment.termsDigest?.toString('base64') ?? null,
    postbackUrl,
    capabilityDigest: payment.capabilityDigest.toString('base64'),
    hostedPageSealed,
    supersedesId,
    subtractedCents,
    otherPagesCents,
    createdAt: payment.createdAt.toISOString(),
    openedAt: openedAt.toISOString(),
    pageExpiresAt: pageExpiresAt.toISOString(),
  };
}

/** What a restored database makes of openings. Ids of payments. */
export interface Sorted {
  /** It does not know them. */
  readonly unknown: readonly JournaledOpening[];
  /** It knows that they were begun, and not their page. */
  readonly begun: readonly JournaledOpening[];
  /** Of billers that it does not know. */
  readonly orphaned: readonly JournaledOpening[];
  readonly known: number;
}

export async function sortOpenings(manager: EntityManager, openings: readonly JournaledOpening[]): Promise<Sorted> {
  const rows = await manager.query<{ id: string; begun: boolean }[]>(
    `select id, status = 'opening' or (status = 'unconfirmed' and failure_code = 'interrupted') as begun
     from payments where id = any($1::uuid[])`,
    [openings.map(({ id }) => id)],
  );
  const billers = await manager.query<{ id: string }[]>(`select id from billers where id = any($1::uuid[])`, [
    [...new Set(openings.map(({ billerId }) => billerId))],
  ]);
  const begun = new Map(rows.map((row) => [row.id, row.begun]));
  const billerIds = new Set(billers.map(({ id }) => id));
  const missing = openings.filter(({ id }) => !begun.has(id));
  return {
    unknown: missing.filter(({ billerId }) => billerIds.has(billerId)),
    begun: openings.filter(({ id }) => begun.get(id)),
    orphaned: missing.filter(({ billerId }) => !billerIds.has(billerId)),
    known: rows.filter((row) => !row.begun).length,
  };
}

/**
 * Makes payments again as they were opened, so that a PostBack about them is recorded in the ordinary way, and the same request is
 * answered with the same page. What happened to them after that is not known.
 * @param manager of a transaction
 */
export async function reopen(manager: EntityManager, { unknown, begun }: Sorted): Promise<void> {
  const superseded = await manager.query<{ id: string }[]>(`select id from payments where id = any($1::uuid[])`, [
    unknown.flatMap(({ supersedesId }) => supersedesId ?? []),
  ]);
  const known = new Set(superseded.map(({ id }) => id));
  if (unknown.length > 0) {
    const rows = unknown.map((opening) => rowOf(opening, known));
    await manager.createQueryBuilder().insert().into(Payment).values(rows).updateEntity(false).execute();
  }
  for (const { id, hostedPageSealed, openedAt, pageExpiresAt } of begun) {
    await manager.query(
      `update payments set status = 'open', hosted_page_sealed = $2, opened_at = $3, page_expires_at = $4,
         failure_code = null, failure_detail = null, updated_at = now() where id = $1`,
      [id, hostedPageSealed, openedAt, pageExpiresAt],
    );
  }
  const events = [
    ...unknown.map(({ id, createdAt }) => [id, 'payment.opening', createdAt] as const),
    ...[...unknown, ...begun].map(({ id, openedAt }) => [id, 'payment.open', openedAt] as const),
  ];
  await manager.query(
    `insert into payment_events (id, payment_id, type, data, created_at)
     select id, payment_id, type, '{"restored": true}', at
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as e (id, payment_id, type, at)`,
    [events.map(() => newId()), events.map(([id]) => id), events.map(([, type]) => type), events.map(([, , at]) => at)],
  );
}

const rowOf = (opening: JournaledOpening, known: ReadonlySet<string>): Partial<Payment> => ({
  ...opening,
  status: 'open',
  termsDigest: opening.termsDigest === null ? null : Buffer.from(opening.termsDigest, 'base64'),
  capabilityDigest: Buffer.from(opening.capabilityDigest, 'base64'),
  supersedesId: opening.supersedesId !== null && known.has(opening.supersedesId) ? opening.supersedesId : null,
  createdAt: new Date(opening.createdAt),
  openedAt: new Date(opening.openedAt),
  pageExpiresAt: new Date(opening.pageExpiresAt),
});
