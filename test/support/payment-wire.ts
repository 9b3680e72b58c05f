import type { Forgery, Post } from './payment-model.js';

/** A message as it goes over the wire. */
export interface Wire {
  readonly contentType: string;
  readonly query: string;
  readonly body: string;
}

/** What stands in a message beside what it says of money. */
export interface About {
  readonly billerGuid: string;
  readonly invoiceNumber: string;
  readonly reference: string;
  readonly guids: readonly string[];
}

export const SPELLINGS = 6;

const FORM = 'application/x-www-form-urlencoded';
const ELSEWHERE = '00000000-0000-4000-8000-00000000abcd';
const dollars = (cents: number): string => `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

const FORGED: Readonly<Record<Forgery, Readonly<Record<string, string>>>> = {
  'another biller': { BillerGUID: ELSEWHERE },
  'another invoice': { InvoiceNumber: 'another' },
  'another reference': { BillerReference: 'another' },
  'approval unreadable': { Approved: 'yes' },
  'amount unreadable': { PaymentAmount: '3,00' },
  'no PaymentGUID': { PaymentGUID: '' },
  'a name twice': {},
  'query and body disagree': {},
  'a field of ours': { BillbridgeStatus: 'paid' },
};
/** These are still read, and compared by what they say; the others to the byte. */
const READABLE: readonly (Forgery | null)[] = [null, 'another biller', 'another invoice', 'another reference'];

export type Draft = Omit<Post, 'identity'>;

/** Writes a message in one of several spellings that say the same. @returns it with its identity */
export function write(draft: Draft, about: About, spelling: number): { post: Post; wire: Wire } {
  const wire = spelled(draft, about, spelling);
  const { forgery, guid, approved, cents, fee } = draft;
  const identity = READABLE.includes(forgery)
    ? JSON.stringify([forgery, guid, approved, cents, fee])
    : JSON.stringify(wire);
  return { post: { ...draft, identity }, wire };
}

function spelled({ approved, guid, cents, fee, forgery }: Draft, about: About, spelling: number): Wire {
  const fields: Record<string, string> = {
    BillerGUID: about.billerGuid,
    PaymentDate: `4/17/2025 1:02:0${spelling} PM`,
    InvoiceNumber: about.invoiceNumber,
    Approved: approved ? 'True' : 'False',
    CustomerName: 'Jane Payer',
    PaymentGUID: about.guids[guid] ?? '',
    PaymentAmount: dollars(cents),
    BillerReference: about.reference,
    ...(fee !== null && { ConvenienceFee: dollars(fee) }),
    ...(forgery && FORGED[forgery]),
  };
  const form = (of: Readonly<Record<string, string>>): string => new URLSearchParams(of).toString();
  if (forgery === 'a name twice') {
    return { contentType: FORM, query: '', body: `${form(fields)}&paymentamount=${fields['PaymentAmount']}` };
  }
  if (forgery === 'query and body disagree') {
    return { contentType: FORM, query: `PaymentAmount=${dollars(cents + 1)}`, body: form(fields) };
  }
  switch (spelling) {
    case 1: {
      const shouted = { ...fields, PaymentGUID: bracedOf(fields), Approved: fields['Approved']?.toUpperCase() ?? '' };
      const lower = Object.entries(shouted).map(([name, value]) => [name.toLowerCase(), value]);
      return { contentType: `${FORM}; charset=utf-8`, query: '', body: form(Object.fromEntries(lower)) };
    }
    case 2: {
      const typed = {
        ...fields,
        ...(forgery !== 'approval unreadable' && { Approved: approved }),
        ...(forgery !== 'amount unreadable' && { PaymentAmount: cents / 100 }),
      };
      return { contentType: 'application/json', query: '', body: JSON.stringify(typed) };
    }
    case 3:
      return { contentType: '', query: form(fields), body: '' };
    case 4: {
      const { PaymentAmount = '', PaymentGUID = '', ...rest } = fields;
      return { contentType: FORM, query: form({ PaymentAmount, PaymentGUID }), body: form(rest) };
    }
    case 5: {
      const PaymentAmount = forgery === 'amount unreadable' ? fields['PaymentAmount'] : String(cents / 100);
      return {
        contentType: FORM,
        query: '',
        body: form({ ...fields, PaymentAmount: ` ${PaymentAmount} `, More: 'x' }),
      };
    }
    default:
      return { contentType: FORM, query: '', body: form(fields) };
  }
}

const bracedOf = ({ PaymentGUID = '' }: Readonly<Record<string, string>>): string =>
  PaymentGUID && `{${PaymentGUID.toUpperCase()}}`;
