import fc from 'fast-check';
import { readPostback } from '../../src/postbacks/postback-message.js';
import { judge, meaningOf, paymentGuidIn } from '../../src/postbacks/verdict.js';

const ASKED = {
  billerGuid: '1ead5000-0000-4000-8000-000000000001',
  invoiceNumber: '2025000158',
  billerReference: '209860|12570',
  amountDueCents: 300,
  amountPaidCents: null,
  otherPagesCents: 0,
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

  describe('where parts are allowed', () => {
    const inParts = (PaymentAmount: string, paid: number | null, minimumDueCents: number | null) =>
      judge(form({ ...GOOD, PaymentAmount }), {
        ...ASKED,
        allowPartial: true,
        amountPaidCents: paid,
        minimumDueCents,
      });

    it.each<[string, number | null, number | null, boolean]>([
      ['3.00', null, null, true],
      ['0.01', null, null, true],
      ['0.00', null, null, false],
      ['4.00', null, null, true],
      ['1.00', null, 100, true],
      ['0.99', null, 100, false],
      ['3.00', null, 500, true],
      ['2.99', null, 500, false],
      // What is left may be less than the minimum; less than that is not.
      ['0.50', 250, 100, true],
      ['0.49', 250, 100, false],
      ['1.00', 250, 100, true],
      // Nothing is left: whatever moves is money that moved, and a duplicate.
      ['0.01', 300, 100, true],
      ['0.01', 500, null, true],
      ['0.00', 300, null, false],
      ['0.00', null, 0, false],
    ])('takes %s after %p with a minimum of %p: %p', (amount, paid, minimum, taken) => {
      expect(inParts(amount, paid, minimum)).toMatchObject(
        taken ? { verdict: 'verified' } : { verdict: 'held', reasons: ['amount-below-minimum'] },
      );
    });

    it('still holds what can not be read, and all else that differs', () => {
      expect(inParts('-1.00', null, null)).toEqual({ verdict: 'held', reasons: ['amount-unreadable'] });
      const other = judge(form({ ...GOOD, InvoiceNumber: 'x', PaymentAmount: '1.00' }), {
        ...ASKED,
        allowPartial: true,
      });
      expect(other).toEqual({ verdict: 'held', reasons: ['invoice-number-differs'] });
    });

    it('takes any amount from the minimum on, and none below it', () => {
      const cents = fc.integer({ min: 0, max: 100_000 });
      fc.assert(
        fc.property(cents, cents, cents, cents, (amount, due, paid, minimumDueCents) => {
          const said = `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
          const { verdict } = judge(form({ ...GOOD, PaymentAmount: said }), {
            ...ASKED,
            amountDueCents: due,
            amountPaidCents: paid,
            allowPartial: true,
            minimumDueCents,
          });
          const left = due - paid;
          if (amount === due || (amount > 0 && amount >= minimumDueCents)) expect(verdict).toBe('verified');
          else if (amount === 0) expect(verdict).toBe('held');
          else expect(verdict).toBe(left <= 0 || amount >= left ? 'verified' : 'held');
        }),
        { numRuns: 1_000 },
      );
    });
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
    [
      'a field that only we add',
      { contentType: FORM, query: '', body: `${new URLSearchParams(GOOD).toString()}&BillbridgeStatus=paid` },
      'reserved-field',
    ],
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

  it.each([
    ['6B19F54B-C312-482C-8314-822ACBF39254', '6b19f54b-c312-482c-8314-822acbf39254'],
    ['{6b19f54b-c312-482c-8314-822acbf39254}', '6b19f54b-c312-482c-8314-822acbf39254'],
    ['IC_17', 'IC_17'],
    ['', null],
    ['a b', null],
    ['a'.repeat(65), null],
  ])('writes the PaymentGUID %s in one way', (text, guid) => expect(paymentGuidIn(text)).toBe(guid));

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
