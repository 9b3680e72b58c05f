import type { FastifyInstance } from 'fastify';
import { balanceCents, openAccount, putInvoice } from './accounts.js';
import { ControlError, type ForBiller } from './control-error.js';
import { amount, isEmail, parseCents, parseDay } from './fields.js';
import type { Account, Invoice, User } from './model.js';
import type { Biller } from './biller.js';
import { isPrimary } from './users.js';

interface CustomerBody {
  readonly accountNumber: string;
  readonly name: string;
  readonly email?: string;
  readonly balance?: string;
  readonly invoices?: readonly {
    readonly invoiceNumber: string;
    readonly balanceDue: string;
    readonly dueDate?: string;
  }[];
  readonly registered?: { readonly email: string; readonly password: string };
  readonly locked?: boolean;
  readonly linkedTo?: string;
}

/** Lets a test make its own customers, and prove that nothing changed at Invoice Cloud. */
export function controlCustomers(app: FastifyInstance, billerOf: (guid: string) => Biller): void {
  app.get<ForBiller>('/_sandbox/billers/:guid/customers', (request) => state(billerOf(request.params.guid)));

  app.post<ForBiller & { Body: CustomerBody }>(
    '/_sandbox/billers/:guid/customers',
    { schema: { body: CUSTOMER } },
    (request, reply) => reply.code(201).send(customerView(create(billerOf(request.params.guid), request.body))),
  );
}

/** Checks all before it makes anything. */
function create(biller: Biller, body: CustomerBody): Account {
  const { accountNumber, name, email, registered, locked = false, linkedTo } = body;
  if (biller.accounts.has(accountNumber)) throw new ControlError(409, 'The account exists.');
  const invoices = invoicesOf(biller, body);
  const host = linkedTo === undefined ? undefined : hostOf(biller, linkedTo);
  if (registered && host) throw new ControlError(400, 'Give registered or linkedTo, not both.');
  if (locked && !registered) throw new ControlError(400, 'Only a registered user can be locked.');
  if ([email, registered?.email].some((one) => one !== undefined && !isEmail(one))) {
    throw new ControlError(400, 'An email is none.');
  }
  if (registered && biller.users.find(registered.email)) throw new ControlError(409, 'The user exists.');

  const account = openAccount(biller, { accountNumber, name, emailAddress: email ?? registered?.email });
  for (const invoice of invoices) putInvoice(biller, account, invoice);
  if (registered) biller.users.register(registered.email, registered.password, [account]).locked = locked;
  if (host) biller.users.link(host, account);
  return account;
}

/** `balance` is one invoice of that amount, `<accountNumber>-1`. */
function invoicesOf({ clock }: Biller, { accountNumber, balance, invoices = [] }: CustomerBody): readonly Invoice[] {
  const given = invoices.map(({ invoiceNumber, balanceDue, dueDate }) => ({ invoiceNumber, balanceDue, dueDate }));
  if (balance !== undefined)
    given.push({ invoiceNumber: `${accountNumber}-1`, balanceDue: balance, dueDate: undefined });
  return given.map(({ invoiceNumber, balanceDue, dueDate }) => {
    const cents = parseCents(balanceDue);
    const due = dueDate === undefined ? clock.inDays(14) : parseDay(dueDate);
    if (cents === undefined || due === undefined) throw new ControlError(400, 'An amount or a date is none.');
    return { number: invoiceNumber, totalCents: cents, balanceCents: cents, dueDate: due };
  });
}

/** By the user's e-mail or one of the accounts. */
function hostOf(biller: Biller, linkedTo: string): User {
  const host = biller.users.find(linkedTo) ?? biller.accounts.get(linkedTo)?.owner;
  if (!host) throw new ControlError(404, 'linkedTo is neither a user nor a registered account.');
  return host;
}

/** Without passwords: `passwordChanges` tells that one was changed. In order of creation, so that two views compare. */
function state(biller: Biller) {
  return {
    customers: [...biller.accounts.values()].map(customerView),
    users: biller.users.all().map((user) => ({
      email: user.email,
      username: user.username,
      locked: user.locked,
      accounts: user.accounts.map((account) => account.customer.accountNumber),
      passwordChanges: user.passwordChanges,
      methods: user.methods,
      scheduled: user.scheduled,
    })),
  };
}

function customerView(account: Account) {
  const { customer, guid, owner, invoices, paid } = account;
  return {
    ...customer,
    customerGuid: guid,
    registeredTo: owner?.email ?? null,
    primary: isPrimary(account),
    balance: amount(balanceCents(account)),
    invoices: [...invoices.values()].map((invoice) => ({
      invoiceNumber: invoice.number,
      balanceDue: amount(paid.has(invoice.number) ? 0 : invoice.balanceCents),
      dueDate: invoice.dueDate ?? null,
      paid: paid.has(invoice.number),
    })),
    paperless: owner?.paperless.has(customer.accountNumber) ?? false,
    autopay: owner?.autopay.get(customer.accountNumber) ?? null,
  };
}

const TEXT = { type: 'string', minLength: 1 } as const;

const CUSTOMER = {
  type: 'object',
  additionalProperties: false,
  required: ['accountNumber', 'name'],
  properties: {
    accountNumber: TEXT,
    name: TEXT,
    email: TEXT,
    balance: TEXT,
    invoices: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['invoiceNumber', 'balanceDue'],
        properties: { invoiceNumber: TEXT, balanceDue: TEXT, dueDate: TEXT },
      },
    },
    registered: {
      type: 'object',
      additionalProperties: false,
      required: ['email', 'password'],
      properties: { email: TEXT, password: TEXT },
    },
    locked: { type: 'boolean' },
    linkedTo: TEXT,
  },
} as const;
