import { randomUUID } from 'node:crypto';
import { compare, type Comparison, type LedgerEntry } from './compare.js';
import { askJson, tryAsk, type Answer } from './http.js';
import type { Biller } from './sandbox.js';
import type { Fleet } from './fleet.js';
import type { Stage } from './stage.js';
import { sleep, until } from './time.js';

/** How Invoice Cloud posts back: until it is answered with 2xx, or once (it is not known which is true). */
export type Provider = 'repeats' | 'once';

export interface Opened {
  readonly page: string;
  readonly invoiceNumber: string;
  readonly accountNumber: string;
}

/** What is asked for: an invoice is one of an account. */
export interface Wanted {
  readonly invoiceNumber: string;
  readonly accountNumber?: string;
  readonly key?: string | undefined;
  /** By the route of existing Cloud Payments clients. */
  readonly dropIn?: boolean;
  readonly timeoutMs?: number;
  /** The partner names no address: it asks, and is not told. */
  readonly untold?: boolean;
}

/** What a world needs around it: the chaos run's stage, or the operations laboratory. */
export type Surroundings = Pick<Stage, 'apiUrl' | 'adminKey' | 'partner' | 'sandbox' | 'tables' | 'partnerUrl'> & {
  readonly fleet: Pick<Fleet, 'enough'>;
};

/** One partner with one biller, and everything that happens to them in a chapter: what is compared at its end. */
export class World<Place extends Surroundings = Stage> {
  private readonly pages = new Map<string, string[]>();
  /** PaymentGUIDs whose PostBack was answered with 2xx. */
  readonly acknowledged = new Set<string>();
  /** Invoices whose PostBacks are sent once. */
  readonly once = new Set<string>();
  /** What the run itself sent in Invoice Cloud's name. */
  readonly ownLedger: LedgerEntry[] = [];
  /** Answers that nothing explains. */
  readonly problems: string[] = [];
  private invoices = 0;

  private constructor(
    readonly stage: Place,
    readonly partnerId: string,
    readonly billerId: string,
    readonly biller: Biller,
    readonly key: string,
    private readonly prefix: string,
  ) {}

  /** Made anew when a process dies in the middle of it. */
  static async create<Place extends Surroundings>(stage: Place): Promise<World<Place>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await World.make(stage);
      } catch (error) {
        if (tries === 5) throw error;
        await stage.fleet.enough(1);
        await sleep(500);
      }
    }
  }

  private static async make<Place extends Surroundings>(stage: Place): Promise<World<Place>> {
    const admin = <T>(path: string, body: object, method = 'POST'): Promise<T> =>
      askJson<T>(`${stage.apiUrl}/admin/v1${path}`, {
        method,
        body,
        headers: { authorization: `Bearer ${stage.adminKey}` },
      });
    const biller = { guid: randomUUID(), apiKey: `${randomUUID()}${randomUUID()}` };
    await stage.sandbox.addBiller(biller);
    const { id: partnerId, webhookSecret } = await admin<{ id: string; webhookSecret: string }>('/partners', {
      name: `Chaos ${randomUUID()}`,
    });
    stage.partner.add(partnerId, webhookSecret);
    const { id } = await admin<{ id: string }>('/billers', {
      partnerId,
      name: 'Chaos biller',
      dba: 'Chaos',
      billerGuid: biller.guid,
      mode: 'test',
    });
    await admin(`/billers/${id}/api-key`, { apiKey: biller.apiKey, force: true }, 'PUT');
    const { key } = await admin<{ key: string }>(`/partners/${partnerId}/keys`, {
      name: 'chaos',
      mode: 'test',
      billerId: id,
    });
    return new World(stage, partnerId, id, biller, key, biller.guid.slice(0, 6));
  }

  newInvoice(): string {
    this.invoices += 1;
    return `${this.prefix}-${this.invoices}`;
  }

  /** One request for a hosted page. Undefined: there was no answer. */
  async ask({
    key,
    dropIn = false,
    timeoutMs = 8_000,
    untold = false,
    ...invoice
  }: Wanted): Promise<Answer | undefined> {
    const path = dropIn ? '/cloudpaymentsapi/v2' : `/v1/billers/${this.billerId}/cloud-pay/payments`;
    const authorization = dropIn ? `Basic ${Buffer.from(this.key).toString('base64')}` : `Bearer ${this.key}`;
    return tryAsk(this.stage.apiUrl + path, {
      headers: { authorization, ...(key !== undefined && { 'idempotency-key': key }) },
      body: cpv2(invoice, untold ? undefined : this.stage.partnerUrl(this.partnerId)),
      timeoutMs,
    });
  }

  /** Notes a page that was answered to one of several requests that are to have one answer. */
  note(what: string, page: string): void {
    const pages = this.pages.get(what);
    if (pages) pages.push(page);
    else this.pages.set(what, [page]);
  }

  /**
   * Compares the three accounts, once nothing is under way any more, or after `withinMs`. What is lost is looked at again until
   * then: Invoice Cloud may have given up a PostBack that we are still recording.
   */
  async compare(withinMs = 60_000): Promise<Comparison & { readonly waitedMs: number }> {
    const begun = Date.now();
    for (;;) {
      const comparison = await this.compareNow(begun + withinMs);
      const waitedMs = Date.now() - begun;
      if (comparison.lost.length === 0 || waitedMs > withinMs) return { ...comparison, waitedMs };
      await sleep(500);
    }
  }

  private async compareNow(deadline: number): Promise<Comparison> {
    const { tables, partner, sandbox } = this.stage;
    // First: it waits for the PostBacks under way, and each of them may be something to be told.
    const ledger = await sandbox.ledger(this.biller, this.acknowledged, (invoice) => !this.once.has(invoice));
    await until(async () => (await tables.backlog([this.partnerId])) === 0, deadline - Date.now(), 200);
    return compare({
      ledger: [...ledger, ...this.ownLedger],
      payments: await tables.payments([this.billerId]),
      receipts: partner.of([this.partnerId]).filter(({ invoiceNumber }) => invoiceNumber.startsWith(this.prefix)),
      openings: [...this.pages].map(([what, pages]) => ({ what, pages })),
      quiet: await tables.quiet([this.billerId]),
    });
  }
}

/** $3.00, as in the technical design's sample. */
export const AMOUNT_CENTS = 300;

/** A Cloud Payments V2 request; the person does not exist. One account an invoice, since an invoice is paid once. */
function cpv2({ invoiceNumber, accountNumber = accountOf(invoiceNumber) }: Wanted, postBackUrl?: string): object {
  return {
    CreateCustomerRecord: true,
    ViewMode: 1,
    Customers: [
      {
        AccountNumber: accountNumber,
        Name: 'Jane Payer',
        Address: '6750 W Peoria Ave',
        City: 'Peoria',
        State: 'Arizona',
        Zip: '85345',
        EmailAddress: 'payer@example.com',
        Invoices: [{ InvoiceNumber: invoiceNumber, TypeID: 39, BalanceDue: AMOUNT_CENTS / 100 }],
      },
    ],
    ...(postBackUrl !== undefined && { PostBackURL: postBackUrl }),
    BillerReference: reference(invoiceNumber),
  };
}

/** One account an invoice, where nothing else is said. */
export const accountOf = (invoiceNumber: string): string => `A-${invoiceNumber}`;

export const reference = (invoiceNumber: string): string => `${invoiceNumber}|12570`;

/** The PostBack of an attempt that the run makes itself, in Invoice Cloud's name. */
export function message(
  world: World<Surroundings>,
  invoiceNumber: string,
  paymentGuid: string,
  approved: boolean,
): URLSearchParams {
  return new URLSearchParams({
    BillerGUID: world.biller.guid,
    PaymentDate: '4/17/2025 1:02:03 PM',
    InvoiceNumber: invoiceNumber,
    Approved: approved ? 'True' : 'False',
    CustomerName: 'Jane Payer',
    CustomerAddress: '6750 W Peoria Ave',
    CustomerCity: 'Peoria',
    CustomerState: 'Arizona',
    CustomerZip: '85345',
    PaymentGUID: paymentGuid,
    PaymentAmount: (AMOUNT_CENTS / 100).toFixed(2),
    PaymentDescription: `Payment of invoice ${invoiceNumber}`,
    PaymentTypeID: '1',
    CardType: 'VISA',
    PaymentMessage: approved ? 'Approved' : 'Declined',
    BillerReference: reference(invoiceNumber),
    ConvenienceFee: '0.00',
    RemoteIP: '127.0.0.1',
  });
}
