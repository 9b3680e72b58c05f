import { randomBytes } from 'node:crypto';
import { PRESETS, type BillerSettings } from './presets.js';
import type { Fault } from './faults.js';

export interface Customer {
  readonly accountNumber: string;
  readonly displayAccountNumber?: string;
  readonly name?: string;
  readonly address?: string;
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly emailAddress?: string;
}

export interface Invoice {
  readonly number: string;
  readonly typeId?: string;
  /** yyyy-MM-dd */
  readonly invoiceDate?: string;
  /** yyyy-MM-dd */
  readonly dueDate?: string;
  readonly balanceCents: number;
}

/** One customer of one biller, with every invoice that a request brought. */
export interface Account {
  customer: Customer;
  readonly invoices: Map<string, Invoice>;
  /** Invoice number to the payment that settled it. */
  readonly paid: Map<string, LedgerEntry>;
}

/** One invoice on one hosted page, with the amounts that this page's request asked for. */
export interface CartLine {
  readonly account: Account;
  readonly customer: Customer;
  readonly invoice: Invoice;
}

export type PaymentMethod = 'card' | 'bank';

export interface HostedPage {
  readonly token: string;
  readonly biller: Biller;
  readonly cart: readonly CartLine[];
  readonly allowCard: boolean;
  readonly allowBank: boolean;
  /** 0 a page of its own, 1 an iframe. */
  readonly viewMode: 0 | 1;
  readonly postBackUrl?: string;
  readonly returnUrl?: string;
  readonly billerReference: string;
  /** The request as received, unknown fields included. */
  readonly request: unknown;
  readonly payments: LedgerEntry[];
}

export interface PostbackOutcome {
  readonly at: string;
  /** The receiver's HTTP status, or null where it gave none. */
  readonly status: number | null;
  /** An error's code or name; never its message, which may hold the address with its capability. */
  readonly error: string | null;
}

/** One attempt to pay one invoice. Money moved if, and only if, `approved`. */
export interface LedgerEntry {
  readonly paymentGuid: string;
  readonly accountNumber: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly feeCents: number;
  readonly method: PaymentMethod;
  readonly approved: boolean;
  readonly message: string;
  readonly at: string;
  /** The PostBack's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly postbacks: PostbackOutcome[];
}

/** What was asked on the wire. */
export interface WireRequest {
  readonly at: string;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body as it came: `3.0` and `3` differ here, and not in `body`. */
  readonly text: string;
  /** The body as JSON, or null where it is none. */
  readonly body: unknown;
  /** The status answered, or null while there is none and where a fault cut the connection. */
  status: number | null;
  fault: string | null;
}

export interface Biller {
  settings: BillerSettings;
  readonly accounts: Map<string, Account>;
  readonly requests: WireRequest[];
  readonly ledger: LedgerEntry[];
  readonly faults: Fault[];
  /** PostBacks under way. */
  readonly sending: Set<Promise<unknown>>;
}

/** The oldest go, so that a benchmark does not fill the memory; the ledger keeps everything. */
const REQUESTS_KEPT = 10_000;

/** All that a sandbox knows: in memory, apart for each biller, gone when it stops. */
export class Store {
  private readonly billers = new Map<string, Biller>();
  private readonly keys = new Map<string, Biller>();
  private readonly pages = new Map<string, HostedPage>();

  constructor() {
    for (const preset of PRESETS) this.put(preset);
  }

  all(): readonly Biller[] {
    return [...this.billers.values()];
  }

  biller(guid: string): Biller | undefined {
    return this.billers.get(guid.toLowerCase());
  }

  byApiKey(apiKey: string): Biller | undefined {
    return this.keys.get(apiKey);
  }

  /** Creates a biller or replaces its settings, the key included; what it has recorded stays. */
  put(settings: BillerSettings): Biller {
    const biller = this.biller(settings.guid) ?? newBiller(settings);
    this.keys.delete(biller.settings.apiKey);
    biller.settings = settings;
    this.keys.set(settings.apiKey, biller);
    this.billers.set(settings.guid.toLowerCase(), biller);
    return biller;
  }

  record(biller: Biller, request: WireRequest): void {
    biller.requests.push(request);
    if (biller.requests.length > REQUESTS_KEPT) biller.requests.shift();
  }

  /** The hosted page's address is a bearer link (observed), hence the unguessable token. */
  openPage(page: Omit<HostedPage, 'token' | 'payments'>): HostedPage {
    const opened = { ...page, token: randomBytes(24).toString('base64url'), payments: [] };
    this.pages.set(opened.token, opened);
    return opened;
  }

  page(token: string): HostedPage | undefined {
    return this.pages.get(token);
  }
}

function newBiller(settings: BillerSettings): Biller {
  return {
    settings,
    accounts: new Map(),
    requests: [],
    ledger: [],
    faults: [],
    sending: new Set(),
  };
}
