import fc from 'fast-check';
import { acceptedForm, relayedForm } from '../../src/postbacks/partner-message.js';
import { readPostback } from '../../src/postbacks/postback-message.js';

const FORM = 'application/x-www-form-urlencoded';
const ADDITION = { paymentId: '0192a000-0000-7000-8000-000000000001', status: 'paid', sequence: 7 };
const OURS = 'BillbridgePaymentId=0192a000-0000-7000-8000-000000000001&BillbridgeStatus=paid&BillbridgeSequence=7';
const PAYMENT = {
  id: ADDITION.paymentId,
  billerId: 'b',
  partnerId: 'p',
  billerGuid: '1ead5000-0000-4000-8000-000000000001',
  status: 'open',
  invoiceNumber: '2025000158',
  billerReference: '209860|12570',
  postbackUrl: 'https://partner.example.com/log',
  amountDueCents: 300,
  amountPaidCents: null,
  allowPartial: false,
  minimumDueCents: null,
} as const;
const ATTEMPT = { approved: true, paymentGuid: 'g-1', amountCents: 300, feeCents: 25 } as const;

describe('what is relayed', () => {
  it.each([
    ['a form', FORM, 'PaymentAmount=3.00&Name=a+b%20c&x=%C3%A9&Empty='],
    ['a form of odd escapes', `${FORM}; charset=UTF-8`, 'a=%2f%2F&b=~!*()&&=&c'],
    ['an empty form', FORM, ''],
  ])('is %s to the byte as it came, and ours behind', (_, contentType, body) => {
    const raw = { contentType, query: '', body };
    expect(relayedForm(raw, readPostback(raw), ADDITION)).toBe(body === '' ? OURS : `${body}&${OURS}`);
  });

  it.each([
    ['a query', { contentType: '', query: 'a=1&b=x+y', body: '' }],
    ['query and body', { contentType: FORM, query: 'a=1', body: 'b=x+y' }],
    ['JSON', { contentType: 'application/json', query: '', body: '{"a":1,"b":"x y"}' }],
  ])('is written as a form where it came as %s', (_, raw) => {
    expect(relayedForm(raw, readPostback(raw), ADDITION)).toBe(`a=1&b=x+y&${OURS}`);
  });
});

describe('what is told of an accepted postback', () => {
  const accepted = (fields: readonly (readonly [string, string])[], payment = {}, attempt = {}) => {
    const body = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
    const message = readPostback({ contentType: FORM, query: '', body });
    const told = acceptedForm(message, { ...PAYMENT, ...payment }, { ...ATTEMPT, ...attempt }, ADDITION);
    return [...new URLSearchParams(told)];
  };

  it('is what was accepted, in place of what it said, and all else as it said it', () => {
    expect(
      accepted([
        ['billerguid', 'other'],
        ['PAYMENTAMOUNT', '99'],
        ['PaymentAmount', '98'],
        ['Approved', 'perhaps'],
        ['CustomerName', 'Jane Payer'],
        ['NewField', 'x&y'],
      ]),
    ).toEqual([
      ['BillerGUID', PAYMENT.billerGuid],
      ['InvoiceNumber', PAYMENT.invoiceNumber],
      ['Approved', 'True'],
      ['PaymentGUID', 'g-1'],
      ['PaymentAmount', '3.00'],
      ['BillerReference', PAYMENT.billerReference],
      ['ConvenienceFee', '0.25'],
      ['CustomerName', 'Jane Payer'],
      ['NewField', 'x&y'],
      ...new URLSearchParams(OURS),
    ]);
  });

  it('says False of a refusal, and nothing of a fee or reference that are not known', () => {
    const told = new Map(accepted([], { billerReference: null }, { approved: false, feeCents: null }));
    expect(told.get('Approved')).toBe('False');
    expect(told.get('ConvenienceFee')).toBe('');
    expect(told.get('BillerReference')).toBe('');
  });

  it('names everything once, whatever came, and ends with ours alone', () => {
    const names = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('approved', 'APPROVED', 'PaymentGuid', 'billbridgestatus', ' BillbridgeStatus', 'x', 'X'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string({ maxLength: 12 })), { maxLength: 12 }), (fields) => {
        const told = accepted(fields);
        const lower = told.map(([name]) => name.toLowerCase());
        expect(new Set(lower).size).toBe(lower.length);
        expect(lower.filter((name) => /^\s*billbridge/.test(name))).toHaveLength(3);
        expect(new Map(told).get('Approved')).toBe('True');
        expect(told.slice(-3)).toEqual([...new URLSearchParams(OURS)]);
      }),
    );
  });
});
