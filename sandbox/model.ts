import type { PasswordDigest } from './passwords.js';

export interface Customer {
  readonly accountNumber: string;
  readonly displayAccountNumber?: string;
  readonly name?: string;
  readonly address?: string;
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly emailAddress?: string;
  readonly phone?: string;
}

export interface Invoice {
  readonly number: string;
  readonly typeId?: string;
  /** yyyy-MM-dd */
  readonly invoiceDate?: string;
  /** yyyy-MM-dd */
  readonly dueDate?: string;
  /** What it was made for. */
  readonly totalCents: number;
  /** What is still owed. */
  readonly balanceCents: number;
  /** The payer may pay a part of it on a Cloud Payments page. */
  readonly allowPartial?: boolean;
  /** The least that such a part may be; absent: one cent. */
  readonly minimumCents?: number;
  /** A Cloud Payments request made it. */
  readonly byCloudPayments?: boolean;
}

/** One customer of one biller, with every invoice that a request brought. */
export interface Account {
  /** The CustomerGUID. */
  readonly guid: string;
  customer: Customer;
  readonly invoices: Map<string, Invoice>;
  /** Invoice number to the payment that settled it. */
  readonly paid: Map<string, LedgerEntry>;
  /** Who is registered with it; absent: nobody. */
  owner?: User;
}

/** A payer who can sign in: one e-mail, one password, one account or more. */
export interface User {
  email: string;
  username: string;
  password: PasswordDigest;
  /** Grows with every change, so that a test can tell that there was none. */
  passwordChanges: number;
  locked: boolean;
  /** The first is the primary account, with which the registration stands and falls; the others are linked to it. */
  accounts: Account[];
  methods: StoredMethod[];
  scheduled: ScheduledPayment[];
  /** Account numbers whose bills come by e-mail alone. */
  readonly paperless: Set<string>;
  /** Account number to the id of the method that pays its bills. */
  readonly autopay: Map<string, string>;
}

/** All that is kept of a card or bank account. */
export interface StoredMethod {
  readonly id: string;
  /** `VISA`, `MASTERCARD` or `Bank account`. */
  readonly brand: string;
  readonly lastFour: string;
}

export interface ScheduledPayment {
  readonly id: string;
  readonly accountNumber: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly methodId: string;
  /** yyyy-MM-dd */
  date: string;
}

export type PaymentMethod = 'card' | 'bank';

/** By what a card is read; a payment by either is one by card. */
export type Reader = 'swipe' | 'emv';

/** What a hosted page's form pays by. */
export type Instrument = PaymentMethod | Reader;

export interface PostbackOutcome {
  readonly at: string;
  /** The receiver's HTTP status, or null where it gave none. */
  readonly status: number | null;
  /** An error's code or name; never its message, which may hold the address with its capability. */
  readonly error: string | null;
  /** The fault that shaped this sending; absent where none did. */
  readonly fault?: string;
}

/** One attempt to pay one invoice. Money moved if, and only if, `approved`. */
export interface LedgerEntry {
  readonly paymentGuid: string;
  readonly accountNumber: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly feeCents: number;
  readonly method: PaymentMethod;
  /** Absent where the number was typed. */
  readonly reader?: Reader;
  readonly approved: boolean;
  readonly message: string;
  /** The invoice was paid before: the payer was charged twice. Absent otherwise. */
  readonly duplicate?: true;
  /** The scenario that a test card, an invoice or an account number asked for. */
  readonly scenario?: string;
  readonly at: string;
  /** The PostBack's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly postbacks: PostbackOutcome[];
}
