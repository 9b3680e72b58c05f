import fc from 'fast-check';
import { readPostback } from '../../src/postbacks/postback-message.js';
import { judge, meaningOf } from '../../src/postbacks/verdict.js';

const ASKED = {
  billerGuid: '1ead5000-0000-4000-8000-000000000001',
  invoiceNumber: '2025000158',
  billerReference: '209860|12570',
  amountDueCents: 300,
  amountPaidCents: null,
  allowPartial: false,
  minimumDueCents: null,
};
const GOOD: Readonly<Record<string, string>> = {
  BillerGUID: '1EAD5000-0000-4000-8000-000000000001',
  PaymentDate: '4/17/2025 1:02:03 PM',
  InvoiceNumber: '2025000158',
  Approved: 'True',
  CustomerName: 'Jane Payer',
  PaymentGUID: '6b19f54b-c312-482c-8314-822acbf39254',
  PaymentAmount: '3.00',
  BillerReference: '209860|12570',
  ConvenienceFee: '0.25',
};
const FORM = 'application/x-www-form-urlencoded';
const form = (fields: Readonly<Record<string, string>>) =>
  readPostback({ contentType: FORM, query: '', body: new URLSearchParams(fields).toString() });
const judged = (changes: Readonly<Record<string, string>>) => judge(form({ ...GOOD, ...changes }), ASKED);

describe('the verdict on a PostBack', () => {
  it('is verified when everything agrees', () => {
    expect(judged({})).toEqual({
      verdict: 'verified',
      attempt: { approved: true, paymentGuid: GOOD['PaymentGUID'], amountCents: 300, feeCents: 25 },
    });
  });

  it.each(['true', 'TRUE', 'True', 'tRuE'])('takes %s for approved', (Approved) =>
    expect(judged({ Approved })).toMatchObject({ attempt: { approved: true } }),
  );
  it.each(['false', 'FALSE', 'False'])('takes %s for refused', (Approved) =>
    expect(judged({ Approved })).toMatchObject({ attempt: { approved: false } }),
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '1', 'yes', 'approved', 'truе', ''])(
    'does not take %p for approved',
    (Approved) => expect(judged({ Approved })).toEqual({ verdict: 'held', reasons: ['approved-unreadable'] }),
  );

  it('takes nothing else for approved, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (Approved) => {
        fc.pre(!['true', 'false'].includes(Approved.trim().toLowerCase()));
        expect(judged({ Approved })).toEqual({ verdict: 'held', reasons: ['approved-unreadable'] });
      }),
    );
  });

  it.each([
    [{ PaymentAmount: '3.01' }, 'amount-differs'],
    [{ PaymentAmount: '0.00' }, 'amount-differs'],
    [{ PaymentAmount: '300' }, 'amount-differs'],
    [{ PaymentAmount: '-3.00' }, 'amount-unreadable'],
    [{ PaymentAmount: '$3.00' }, 'amount-unreadable'],
    [{ PaymentAmount: '' }, 'amount-unreadable'],
    [{ ConvenienceFee: '-0.25' }, 'fee-unreadable'],
    [{ BillerGUID: '' }, 'biller-guid-differs'],
    [{ BillerGUID: '1ead5000-0000-4000-8000-000000000002' }, 'biller-guid-differs'],
    [{ InvoiceNumber: '2025000159' }, 'invoice-number-differs'],
    [{ BillerReference: '' }, 'biller-reference-differs'],
    [{ BillerReference: '209860|99999' }, 'biller-reference-differs'],
    [{ PaymentGUID: '' }, 'payment-guid-unreadable'],
    [{ PaymentGUID: "' or 1=1" }, 'payment-guid-unreadable'],
  ])('holds %j: %s', (changes, reason) => {
    expect(judged(changes as Record<string, string>)).toEqual({ verdict: 'held', reasons: [reason] });
  });

  it('holds what was opened without an amount, and a reference where none was sent', () => {
    expect(judge(form(GOOD), { ...ASKED, amountDueCents: null })).toEqual({
      verdict: 'held',
      reasons: ['amount-not-asked'],
    });
    expect(judge(form(GOOD), { ...ASKED, billerReference: null })).toMatchObject({
      reasons: ['biller-reference-differs'],
    });
    const { BillerReference: _, ...without } = GOOD;
    expect(judge(form(without), { ...ASKED, billerReference: null })).toMatchObject({ verdict: 'verified' });
  });

  it('reads form, query and JSON alike', () => {
    const query = new URLSearchParams(GOOD).toString();
    const messages = [
      form(GOOD),
      readPostback({ contentType: '', query, body: '' }),
      readPostback({ contentType: FORM, query, body: query }),
      readPostback({
        contentType: 'application/json; charset=utf-8',
        query: '',
        body: JSON.stringify({ ...GOOD, Approved: true, PaymentAmount: 3 }),
      }),
    ];
    for (const message of messages) expect(judge(message, ASKED)).toMatchObject({ verdict: 'verified' });
  });

  it.each([
    [
      'a repeated name',
      { contentType: FORM, query: '', body: `${new URLSearchParams(GOOD).toString()}&PaymentAmount=300` },
      'repeated-field',
    ],
    [
      'a name repeated in other case',
      { contentType: FORM, query: '', body: `${new URLSearchParams(GOOD).toString()}&approved=False` },
      'repeated-field',
    ],
    [
      'query and body that disagree',
      { contentType: FORM, query: 'Approved=False', body: new URLSearchParams(GOOD).toString() },
      'query-and-body-disagree',
    ],
    [
      'a repeated JSON name',
      {
        contentType: 'application/json',
        query: '',
        body: JSON.stringify(GOOD).replace('{', '{"PaymentAmount":"300",'),
      },
      'repeated-field',
    ],
    [
      'nested JSON',
      { contentType: 'application/json', query: '', body: JSON.stringify({ ...GOOD, Approved: { a: true } }) },
      'nested-json',
    ],
    ['broken JSON', { contentType: 'application/json', query: '', body: '{"Approved":' }, 'unreadable-json'],
    ['nothing', { contentType: '', query: '', body: '' }, 'empty'],
  ])('holds %s', (_, raw, reason) => {
    expect(judge(readPostback(raw), ASKED)).toEqual({ verdict: 'held', reasons: [reason] });
  });

  it('never throws, and verifies nothing that was written at random', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom(FORM, 'application/json', 'text/plain', ''),
        (query, body, contentType) => {
          expect(judge(readPostback({ contentType, query, body }), ASKED).verdict).toBe('held');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('knows a repetition by what it says of money, however it is written', () => {
    const meaning = (changes: Readonly<Record<string, string>>) => {
      const raw = { contentType: FORM, query: '', body: new URLSearchParams({ ...GOOD, ...changes }).toString() };
      return meaningOf(readPostback(raw), raw).toString('hex');
    };
    const same: readonly (readonly [string, string])[] = [
      ['PaymentDate', '4/18/2025'],
      ['Approved', 'TRUE'],
      ['PaymentAmount', '3.0'],
      ['BillerGUID', ASKED.billerGuid],
    ];
    for (const [name, value] of same) expect(meaning({ [name]: value })).toBe(meaning({}));
    for (const name of [
      'Approved',
      'PaymentGUID',
      'InvoiceNumber',
      'PaymentAmount',
      'BillerReference',
      'ConvenienceFee',
      'BillerGUID',
    ]) {
      expect(meaning({ [name]: 'other' })).not.toBe(meaning({}));
    }
  });

  it('takes no two messages that it can not read for one', () => {
    const bodies = [
      '{"a":',
      '{"b":',
      '<a/>',
      '<b/>',
      'Approved=1&x=1',
      'Approved=1&x=2',
      'Approved=True&Approved=False',
      '',
    ];
    const meanings = bodies.map((body) => {
      const raw = { contentType: body.startsWith('{') ? 'application/json' : FORM, query: '', body };
      return meaningOf(readPostback(raw), raw).toString('hex');
    });
    expect(new Set(meanings).size).toBe(bodies.length);
  });
});
