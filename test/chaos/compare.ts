/** One attempt of a payer at Invoice Cloud. Money moved if, and only if, `approved`. */
export interface LedgerEntry {
  readonly paymentGuid: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly approved: boolean;
  /** We answered one of its PostBacks with 2xx. */
  readonly acknowledged: boolean;
  /** Invoice Cloud repeats the PostBack until it is answered with 2xx. Otherwise it is sent once, whatever comes of it. */
  readonly repeated: boolean;
  /** The run made the payer pay once more on purpose: the money is one too many, and is to be returned. */
  readonly again?: boolean;
}

/** What we recorded. Amounts in cents. */
export interface PaymentRow {
  readonly id: string;
  readonly invoiceNumber: string;
  readonly status: string;
  readonly amountPaidCents: number;
  readonly refundDueCents: number;
  /** PaymentGUIDs of the receipts that make up the amount. */
  readonly receipts: readonly { readonly paymentGuid: string; readonly amountCents: number }[];
  /** The partner asked to be told of it. */
  readonly told: boolean;
}

/** A message that the partner took, its signature verified. Repeats of a webhook-id are in the list too. */
export interface Receipt {
  readonly webhookId: string;
  readonly paymentGuid: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly approved: boolean;
}

/** Requests that are to have one answer, and the hosted pages that they were answered with. */
export interface Opening {
  /** What makes them one: an Idempotency-Key, or an invoice. */
  readonly what: string;
  readonly pages: readonly string[];
}

export interface Evidence {
  readonly ledger: readonly LedgerEntry[];
  readonly payments: readonly PaymentRow[];
  readonly receipts: readonly Receipt[];
  readonly openings: readonly Opening[];
  /** PaymentGUIDs of messages that we keep and tell nobody of: held for an administrator, or a refusal after the money. */
  readonly quiet: ReadonlySet<string>;
}

export interface Comparison {
  /** Money moved and we said that we know, or a partner who was to be told was not. */
  readonly lost: readonly string[];
  /** One thing that happened counts twice: for us, for the partner, or for the payer. */
  readonly doubled: readonly string[];
  /** Taken for paid, or told as paid, without that money. */
  readonly wronglyPaid: readonly string[];
  /** Sent once, and our process died before it answered: not known to us, and nobody was told otherwise. */
  readonly missing: readonly string[];
  readonly counts: { readonly moved: number; readonly paid: number; readonly receipts: number };
}

interface Booked {
  readonly payment: PaymentRow;
  readonly paymentGuid: string;
  readonly amountCents: number;
}

/** Compares the money that moved, our payments and the partner's receipts: three accounts of the same events. */
export function compare(evidence: Evidence): Comparison {
  const { receipts, repeats } = dropRepeats(evidence.receipts);
  const booked = evidence.payments.flatMap((payment) => payment.receipts.map((one): Booked => ({ payment, ...one })));
  const byGuid = groupBy(booked, ({ paymentGuid }) => guid(paymentGuid));
  const told = groupBy(receipts, (receipt) => `${guid(receipt.paymentGuid)} ${receipt.approved}`);
  const lost: string[] = [];
  const doubled: string[] = [];
  const missing: string[] = [];

  for (const entry of evidence.ledger) {
    const ours = byGuid.get(guid(entry.paymentGuid)) ?? [];
    const messages = told.get(`${guid(entry.paymentGuid)} ${entry.approved}`) ?? [];
    const name = `${entry.approved ? 'approval' : 'refusal'} ${entry.paymentGuid} of invoice ${entry.invoiceNumber}`;
    if (messages.length > 1) doubled.push(`${name}: the partner was told by ${messages.length} messages`);
    if (!entry.approved) {
      const known = messages.length > 0 || evidence.quiet.has(guid(entry.paymentGuid));
      if (entry.acknowledged && !known) lost.push(`${name}: acknowledged, and the partner was never told`);
      continue;
    }
    if (ours.length > 1) doubled.push(`${name}: it pays ${ours.length} payments of ours`);
    const untold = messages.length === 0 && ours.some(({ payment }) => payment.told);
    if (untold) lost.push(`${name}: the partner was never told`);
    if (ours.length > 0) continue;
    if (entry.acknowledged) lost.push(`${name}: acknowledged, and no payment of ours is paid by it`);
    else if (entry.repeated) lost.push(`${name}: repeated, and never acknowledged`);
    else missing.push(`${name}: its one PostBack was not answered`);
  }
  doubled.push(...chargedTwice(evidence.ledger), ...openedTwice(evidence.openings));
  return {
    lost,
    doubled,
    wronglyPaid: [...repeats, ...unfounded(evidence.ledger, booked, receipts), ...wrongSums(evidence)],
    missing,
    counts: {
      moved: evidence.ledger.filter(({ approved }) => approved).length,
      paid: booked.length,
      receipts: receipts.length,
    },
  };
}

/** What the partner does by our README: a webhook-id that was seen is dropped. A repeat that says something else is not one. */
function dropRepeats(all: readonly Receipt[]): { receipts: Receipt[]; repeats: string[] } {
  const seen = new Map<string, Receipt>();
  const repeats: string[] = [];
  for (const receipt of all) {
    const first = seen.get(receipt.webhookId);
    if (!first) seen.set(receipt.webhookId, receipt);
    else if (meaning(first) !== meaning(receipt))
      repeats.push(`message ${receipt.webhookId}: a repeat says another thing`);
  }
  return { receipts: [...seen.values()], repeats };
}

function unfounded(
  ledger: readonly LedgerEntry[],
  booked: readonly Booked[],
  receipts: readonly Receipt[],
): readonly string[] {
  const entries = new Map(ledger.map((entry) => [guid(entry.paymentGuid), entry]));
  const wrong: string[] = [];
  for (const { payment, paymentGuid, amountCents } of booked) {
    const entry = entries.get(guid(paymentGuid));
    const why = !entry?.approved
      ? 'no money moved for it'
      : entry.invoiceNumber !== payment.invoiceNumber
        ? 'the money was for another invoice'
        : entry.amountCents !== amountCents
          ? 'another amount moved'
          : undefined;
    if (why) wrong.push(`payment ${payment.id} of invoice ${payment.invoiceNumber} is paid: ${why}`);
  }
  for (const receipt of receipts) {
    const entry = entries.get(guid(receipt.paymentGuid));
    const agrees = entry && meaning({ ...entry, webhookId: '' }) === meaning({ ...receipt, webhookId: '' });
    if (!agrees)
      wrong.push(`message ${receipt.webhookId} of invoice ${receipt.invoiceNumber} tells what did not happen`);
  }
  return wrong;
}

/** A payment's own sum is that of its receipts, and what was paid once too often is marked to be returned. */
function wrongSums({ ledger, payments }: Evidence): string[] {
  const excess = new Map<string, number>();
  for (const entry of ledger) {
    if (entry.again) excess.set(entry.invoiceNumber, (excess.get(entry.invoiceNumber) ?? 0) + entry.amountCents);
  }
  const wrong: string[] = [];
  for (const payment of payments) {
    const sum = payment.receipts.reduce((total, { amountCents }) => total + amountCents, 0);
    const name = `payment ${payment.id} of invoice ${payment.invoiceNumber}`;
    if (sum !== payment.amountPaidCents) {
      wrong.push(`${name} says ${payment.amountPaidCents} cents, and its receipts say ${sum}`);
    }
  }
  for (const [invoice, ours] of groupBy(payments, ({ invoiceNumber }) => invoiceNumber)) {
    const due = ours.reduce((total, { refundDueCents }) => total + refundDueCents, 0);
    const isDue = ours.some(({ receipts }) => receipts.length > 0) ? (excess.get(invoice) ?? 0) : 0;
    if (due !== isDue) wrong.push(`invoice ${invoice}: ${due} cents are marked to be returned, and ${isDue} should be`);
  }
  return wrong;
}

function chargedTwice(ledger: readonly LedgerEntry[]): string[] {
  const approvals = groupBy(
    ledger.filter(({ approved, again }) => approved && !again),
    ({ invoiceNumber }) => invoiceNumber,
  );
  return [...approvals]
    .filter(([, entries]) => entries.length > 1)
    .map(([invoice, entries]) => `invoice ${invoice}: the payer paid ${entries.length} times`);
}

function openedTwice(openings: readonly Opening[]): string[] {
  return openings
    .filter(({ pages }) => new Set(pages).size > 1)
    .map(({ what, pages }) => `${what}: answered with ${new Set(pages).size} different pages`);
}

const guid = (text: string): string => text.toLowerCase();

const meaning = ({ paymentGuid, invoiceNumber, amountCents, approved }: Receipt): string =>
  [guid(paymentGuid), invoiceNumber, amountCents, approved].join(' ');

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
