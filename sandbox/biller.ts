import { Clock } from './clock.js';
import type { Fault } from './faults.js';
import type { Account, Customer, Instrument, Invoice, LedgerEntry } from './model.js';
import type { PostbackFault } from './postback-faults.js';
import type { BillerSettings } from './presets.js';
import { Users } from './users.js';

/** One invoice on one hosted page, with the amounts that this page's request asked for. */
export interface CartLine {
  readonly account: Account;
  readonly customer: Customer;
  readonly invoice: Invoice;
  /**
   * The amount is a part or the whole of what the account owes, so that it lowers the balance and can't exceed it. A
   * Cloud Payments request names its own amount instead, and paying that settles the invoice.
   */
  readonly ofBalance?: true;
}

/** What a payer may do on a hosted page besides paying: PageResultOptions (documented); what is not allowed is absent. */
export interface PageOptions {
  readonly register?: boolean;
  readonly statement?: boolean;
  readonly remove?: boolean;
  readonly related?: boolean;
  readonly remind?: boolean;
}

/** Where a reader stands, and who stands at it (documented); shown beside the simulated readers. */
export interface Terminal {
  readonly deviceId?: string;
  readonly locationId?: string;
  readonly cashierName?: string;
}

export interface HostedPage {
  readonly token: string;
  readonly biller: Biller;
  readonly cart: readonly CartLine[];
  /** Lines that the payer took out of the cart. They keep their place in it, by which forms name them. */
  readonly removed: Set<CartLine>;
  /** What it takes. */
  readonly methods: readonly Instrument[];
  readonly options: PageOptions;
  readonly terminal?: Terminal;
  /** 0 a page of its own, 1 an iframe. */
  readonly viewMode: 0 | 1;
  /** The partner's style sheet. */
  readonly stylesheet?: string;
  /** The request named a style sheet that cannot be used; the page says so. */
  readonly stylesheetUnusable?: boolean;
  readonly postBackUrl?: string;
  readonly returnUrl?: string;
  readonly billerReference: string;
  /** E-mail of the user whose RemoteAuthenticationToken the request carried. */
  readonly signedInAs?: string;
  /** Milliseconds since the epoch, by the biller's clock; absent: it never expires. */
  readonly expiresAt?: number;
  readonly payments: LedgerEntry[];
  /** Shown once, when the page is shown next. */
  notice?: string;
}

/** What a page is opened with. */
export type PageRequest = Omit<HostedPage, 'token' | 'expiresAt' | 'payments' | 'removed' | 'notice'>;

/** A payment's PostBack, on its way. */
export interface Announcement {
  readonly biller: Biller;
  readonly entry: LedgerEntry;
  readonly url: string;
}

/** What was asked on the wire. */
export interface WireRequest {
  readonly at: string;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body as it came, secrets masked: `3.0` and `3` differ here, and not in `body`. */
  readonly text: string;
  /** The body as JSON, or null where it is none. */
  readonly body: unknown;
  /** The status answered, or null while there is none and where a fault cut the connection. */
  status: number | null;
  fault: string | null;
}

export interface Biller {
  settings: BillerSettings;
  /** Runs on the sandbox's, and can be put forward by itself. */
  readonly clock: Clock;
  readonly accounts: Map<string, Account>;
  /** Who holds an invoice, by its number. */
  readonly invoiceHolders: Map<string, Account>;
  readonly users: Users;
  readonly requests: WireRequest[];
  readonly ledger: LedgerEntry[];
  readonly faults: Fault[];
  readonly postbackFaults: PostbackFault[];
  /** Numbers that asked for a scenario once, and had it. */
  readonly played: Set<string>;
  /** PostBacks that wait until the next one was sent. */
  readonly held: Announcement[];
  /** PostBacks under way. */
  readonly sending: Set<Promise<unknown>>;
  /** Aborted when it is reset: PostBacks that wait are then not sent. */
  readonly gone: AbortController;
}

export function newBiller(settings: BillerSettings, base: Clock): Biller {
  const clock = new Clock(base.now);
  return {
    settings,
    clock,
    accounts: new Map(),
    invoiceHolders: new Map(),
    users: new Users(clock),
    requests: [],
    ledger: [],
    faults: [],
    postbackFaults: [],
    played: new Set(),
    held: [],
    sending: new Set(),
    gone: new AbortController(),
  };
}
