import { openAccount } from './accounts.js';
import { Refusal, WireObject } from './fields.js';
import type { WireOperation } from './wire.js';
import type { Customer, Invoice } from './model.js';
import type { Biller, CartLine, HostedPage } from './biller.js';
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
function readRequest(biller: Biller, body: unknown): Omit<HostedPage, 'token' | 'payments'> {
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
    allowCard: request.flag('AllowCCPayment', true),
    allowBank: request.flag('AllowACHPayment', true),
    postBackUrl: request.url('PostBackURL'),
    returnUrl: request.url('ReturnURL'),
    billerReference: request.text('BillerReference') ?? '',
    request: body,
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

interface Order {
  readonly customer: Customer;
  /** Undefined: the request brought none, so the page shows what the account owes. */
  readonly invoices?: readonly Invoice[];
}

function readCustomer(fields: WireObject): Order {
  return {
    customer: {
      accountNumber: fields.requiredText('AccountNumber'),
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
  fields.cents('MinimumAmountDue');
  return {
    number: fields.requiredText('InvoiceNumber'),
    typeId: fields.text('TypeID'),
    invoiceDate: fields.day('InvoiceDate'),
    dueDate: fields.day('DueDate'),
    balanceCents: fields.cents('BalanceDue') ?? 0,
  };
}

function remember(biller: Biller, { customer, invoices }: Order): CartLine[] {
  const account = openAccount(biller, customer);
  const given = Object.entries(customer).filter(([, value]) => value !== undefined);
  account.customer = { ...account.customer, ...Object.fromEntries(given) };
  for (const invoice of invoices ?? []) account.invoices.set(invoice.number, invoice);
  const shown = invoices ?? [...account.invoices.values()].filter((invoice) => !account.paid.has(invoice.number));
  return shown.map((invoice) => ({ account, customer: account.customer, invoice }));
}

function repeats(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}
