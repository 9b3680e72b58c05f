import { isPartlyPaid, openAccount, putInvoice } from './accounts.js';
import { Refusal, WireObject } from './fields.js';
import type { WireOperation } from './wire.js';
import type { Account, Customer, Instrument, Invoice } from './model.js';
import { isUnknownScenario } from './scenarios.js';
import { usableStylesheet } from './stylesheet.js';
import type { Biller, CartLine, PageOptions, PageRequest, Terminal } from './biller.js';
import type { Store } from './store.js';

/** Cloud Payments V2. Method, path, credentials and the answer's shape are observed; what it refuses is assumed. */
export function cloudPayments(store: Store, publicUrl: () => string): WireOperation {
  return {
    operation: 'cloud-payments',
    method: 'POST',
    path: '/cloudpaymentsapi/v2',
    credentials: 'key-or-user',
    answer: (biller, body) => {
      const page = store.openPage(readRequest(biller, body));
      return { Data: { CloudPaymentURL: `${publicUrl()}/portal/cloudpay/${page.token}` }, Message: null };
    },
  };
}

/** Reads all before it changes anything, so that a refused request leaves no customer behind. */
function readRequest(biller: Biller, body: unknown): PageRequest {
  const request = WireObject.of(body);
  const viewMode = request.requiredText('ViewMode');
  if (viewMode !== '0' && viewMode !== '1') throw new Refusal('ViewMode must be 0 or 1.');
  const customers = request.list('Customers') ?? [];
  if (customers.length === 0) throw new Refusal('Customers is required.');

  const token = request.text('RemoteAuthenticationToken');
  const page = {
    biller,
    // An unknown or expired token pays as a guest (assumed): the payment must not fail for it.
    signedInAs: token === undefined ? undefined : biller.users.byToken(token)?.email,
    viewMode: viewMode === '0' ? (0 as const) : (1 as const),
    methods: readMethods(request),
    options: readOptions(request),
    terminal: readTerminal(request),
    ...readStylesheet(request),
    postBackUrl: request.url('PostBackURL'),
    returnUrl: request.url('ReturnURL'),
    billerReference: request.text('BillerReference') ?? '',
  };
  const orders = customers.map((customer) => readCustomer(customer));
  // A cart that held one invoice twice would take its money twice.
  const accounts = orders.map(({ customer }) => customer.accountNumber);
  if (repeats(accounts)) throw new Refusal('An AccountNumber stands twice.');
  if (orders.some(({ invoices = [] }) => repeats(invoices.map(({ number }) => number)))) {
    throw new Refusal('An InvoiceNumber stands twice.');
  }
  const mayCreate = request.flag('CreateCustomerRecord', false);
  const unknown = accounts.some((account) => !biller.accounts.has(account));
  if (unknown && !mayCreate) throw new Refusal('The account is unknown, and CreateCustomerRecord is not true.');
  return { ...page, cart: orders.flatMap((order) => remember(biller, order)) };
}

/** Cards and bank accounts unless they are refused; readers only where they are asked for (assumed). */
function readMethods(request: WireObject): readonly Instrument[] {
  const allowed: readonly (readonly [Instrument, boolean])[] = [
    ['card', request.flag('AllowCCPayment', true)],
    ['bank', request.flag('AllowACHPayment', true)],
    ['swipe', request.flag('AllowSwipe', false)],
    ['emv', request.flag('AllowEMV', false)],
  ];
  return allowed.flatMap(([method, isAllowed]) => (isAllowed ? [method] : []));
}

/** What is not said is not allowed (assumed). */
function readOptions(request: WireObject): PageOptions {
  const options = request.object('PageResultOptions');
  const invoices = options?.object('InvoiceOptions');
  return {
    register: options?.flag('AllowRegisterAccount', false),
    statement: invoices?.flag('AllowViewStatement', false),
    remove: invoices?.flag('AllowRemove', false),
    related: invoices?.flag('AllowViewRelated', false),
    remind: invoices?.flag('AllowRemindMe', false),
  };
}

function readTerminal(request: WireObject): Terminal {
  return {
    deviceId: request.text('EMVDeviceID'),
    locationId: request.text('EMVLocationID'),
    cashierName: request.text('CashierName'),
  };
}

/** One that cannot be used is no reason not to be paid: the page is shown without it. */
function readStylesheet(request: WireObject): Pick<PageRequest, 'stylesheet' | 'stylesheetUnusable'> {
  const asked = request.text('CssUrl')?.trim();
  const stylesheet = usableStylesheet(asked);
  return { stylesheet, stylesheetUnusable: asked !== undefined && asked !== '' && stylesheet === undefined };
}

interface Order {
  readonly customer: Customer;
  /** Undefined: the request brought none, so the page shows what the account owes. */
  readonly invoices?: readonly Invoice[];
}

function readCustomer(fields: WireObject): Order {
  return {
    customer: {
      accountNumber: readNumber(fields, 'AccountNumber'),
      displayAccountNumber: fields.text('DisplayAccountNumber'),
      name: fields.text('Name'),
      address: fields.text('Address'),
      city: fields.text('City'),
      state: fields.text('State'),
      zip: fields.text('Zip'),
      emailAddress: fields.text('EmailAddress'),
    },
    invoices: fields.list('Invoices')?.map((invoice) => readInvoice(invoice)),
  };
}

function readInvoice(fields: WireObject): Invoice {
  // Read for their form alone: the fee charged is the one configured for the biller (documented).
  fields.cents('CCServiceFee');
  fields.cents('ACHServiceFee');
  const balanceCents = fields.cents('BalanceDue') ?? 0;
  return {
    number: readNumber(fields, 'InvoiceNumber'),
    typeId: fields.text('TypeID'),
    invoiceDate: fields.day('InvoiceDate'),
    dueDate: fields.day('DueDate'),
    totalCents: balanceCents,
    balanceCents,
    allowPartial: fields.flag('AllowPartialPayments', false),
    minimumCents: fields.cents('MinimumAmountDue'),
    byCloudPayments: true,
  };
}

/** A number that means to be a scenario and is none would let a test pass that tests nothing. */
function readNumber(fields: WireObject, name: string): string {
  const number = fields.requiredText(name);
  if (isUnknownScenario(number)) throw new Refusal(`${name} names no scenario; README.md lists those that there are.`);
  return number;
}

function remember(biller: Biller, { customer, invoices }: Order): CartLine[] {
  const account = openAccount(biller, customer);
  const given = Object.entries(customer).filter(([, value]) => value !== undefined);
  account.customer = { ...account.customer, ...Object.fromEntries(given) };
  const asked = invoices?.map((invoice) => merged(account, invoice));
  for (const invoice of asked ?? []) putInvoice(biller, account, invoice);
  const shown = asked ?? [...account.invoices.values()].filter((invoice) => !account.paid.has(invoice.number));
  return shown.map((invoice) => ({ account, customer: account.customer, invoice }));
}

/** A request changes what an invoice is made for until money was paid; then it can only lower what is owed (assumed). */
function merged(account: Account, asked: Invoice): Invoice {
  const known = account.invoices.get(asked.number);
  if (!known) return asked;
  const invoice = { ...asked, byCloudPayments: known.byCloudPayments };
  if (account.paid.has(asked.number)) return { ...invoice, totalCents: known.totalCents };
  if (!isPartlyPaid(known)) return invoice;
  const balanceCents = Math.min(asked.balanceCents, known.balanceCents);
  return { ...invoice, totalCents: known.totalCents, balanceCents };
}

function repeats(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}
