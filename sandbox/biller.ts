import type { Fault } from './faults.js';
import type { Account, Customer, Invoice, LedgerEntry } from './model.js';
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
  /** E-mail of the user whose RemoteAuthenticationToken the request carried. */
  readonly signedInAs?: string;
  /** The request as received, unknown fields included. */
  readonly request: unknown;
  readonly payments: LedgerEntry[];
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
  readonly accounts: Map<string, Account>;
  readonly users: Users;
  readonly requests: WireRequest[];
  readonly ledger: LedgerEntry[];
  readonly faults: Fault[];
  /** PostBacks under way. */
  readonly sending: Set<Promise<unknown>>;
}

export function newBiller(settings: BillerSettings): Biller {
  return {
    settings,
    accounts: new Map(),
    users: new Users(),
    requests: [],
    ledger: [],
    faults: [],
    sending: new Set(),
  };
}
