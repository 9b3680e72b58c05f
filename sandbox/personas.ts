import { randomUUID } from 'node:crypto';
import { openAccount, putInvoice } from './accounts.js';
import type { Account } from './model.js';
import type { Biller } from './biller.js';

/** An invented customer for one branch of single sign-on. Every e-mail is at example.com, every password public. */
export interface Persona {
  readonly branch: string;
  readonly name: string;
  /** The first is the primary one. */
  readonly accounts: readonly string[];
  /** What Invoice Cloud holds; for an unregistered customer, the record's e-mail. */
  readonly email?: string;
  /** Absent: not registered. */
  readonly password?: string;
  /** What My360 holds, where it is not the same. */
  readonly my360?: { readonly email: string; readonly password: string };
  readonly locked?: boolean;
  /** Invoice Cloud has no record at all. */
  readonly unknown?: boolean;
}

export const PERSONAS: readonly Persona[] = [
  {
    branch: 'Known and registered, one account',
    name: 'Rosa Winterbourne',
    accounts: ['36010001'],
    email: 'rosa@example.com',
    password: 'Rosa-is-registered-1',
  },
  {
    branch: 'Known, not registered',
    name: 'Umar Calloway',
    accounts: ['36020002'],
    email: 'umar@example.com',
    my360: { email: 'umar@example.com', password: 'Umar-may-register-2' },
  },
  {
    branch: 'Unknown: no such account',
    name: 'Nell Fairweather',
    accounts: ['36030003'],
    my360: { email: 'nell@example.com', password: 'Nell-is-unknown-3' },
    unknown: true,
  },
  {
    branch: 'Registered and locked',
    name: 'Lena Marsh',
    accounts: ['36040004'],
    email: 'lena@example.com',
    password: 'Lena-is-locked-4',
    locked: true,
  },
  {
    branch: 'Registered, linked to three accounts',
    name: 'Theo Quimby',
    accounts: ['36050005', '36050006', '36050007'],
    email: 'theo@example.com',
    password: 'Theo-has-three-5',
  },
  {
    branch: 'Registered; My360 holds another email and password',
    name: 'Dora Pellworth',
    accounts: ['36060006'],
    email: 'dora.bills@example.com',
    password: 'Dora-at-Invoice-Cloud-6',
    my360: { email: 'dora@example.com', password: 'Dora-at-My360-6' },
  },
  { branch: 'Known, nobody’s: free to be linked', name: 'Sampleton Allotments', accounts: ['36070007'] },
];

/** Makes the personas that the biller does not have yet. */
export function settlePersonas(biller: Biller): void {
  for (const persona of PERSONAS) {
    if (persona.unknown || persona.accounts.some((number) => biller.accounts.has(number))) continue;
    const { name, email, password } = persona;
    if (email !== undefined && password !== undefined && biller.users.find(email)) continue;
    const accounts = persona.accounts.map((accountNumber, index) => {
      const account = openAccount(biller, { ...ADDRESS, accountNumber, name, emailAddress: email });
      owe(biller, account, 1, 4250 + index * 1000, 14);
      owe(biller, account, 2, 1805 + index * 100, 44);
      return account;
    });
    if (email === undefined || password === undefined) continue;
    const user = biller.users.register(email, password, accounts);
    user.locked = persona.locked ?? false;
    const method = { id: randomUUID(), brand: 'VISA', lastFour: '1112' };
    user.methods.push(method);
    user.scheduled.push({
      id: randomUUID(),
      accountNumber: persona.accounts[0],
      invoiceNumber: `${persona.accounts[0]}-2`,
      amountCents: 1805,
      methodId: method.id,
      date: biller.clock.inDays(30),
    });
  }
}

function owe(biller: Biller, account: Account, nth: number, balanceCents: number, dueInDays: number): void {
  const number = `${account.customer.accountNumber}-${nth}`;
  const { clock } = biller;
  const days = { invoiceDate: clock.inDays(-7), dueDate: clock.inDays(dueInDays) };
  putInvoice(biller, account, { number, ...days, totalCents: balanceCents, balanceCents });
}

const ADDRESS = { address: '1 Sample Street', city: 'Sampleton', state: 'Arizona', zip: '85000' } as const;
