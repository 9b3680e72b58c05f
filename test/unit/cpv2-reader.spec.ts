import { readCloudPaymentRequest } from '../../src/cloud-pay/cpv2-reader.js';
import { CloudPaymentRequest } from '../../src/cloud-pay/cpv2-request.dto.js';
import { type FieldClass, fieldsOf } from '../../src/cloud-pay/field.js';

const urls = { production: false };
const read = (body: unknown, unknown: 'refuse' | 'forward' = 'refuse') =>
  readCloudPaymentRequest(body, { unknown, urls });
const errorsOf = (body: unknown) => {
  const result = read(body);
  return result.ok ? [] : result.errors;
};
const minimal = (invoice: object = {}, customer: object = {}, request: object = {}) => ({
  ViewMode: 1,
  Customers: [{ AccountNumber: '1', Invoices: [{ InvoiceNumber: '2', ...invoice }], ...customer }],
  ...request,
});

/** The six tables of the technical design, as they stand there. */
const TABLES = {
  request: ['ReturnURL', 'PostBackURL', 'BillerReference', 'ViewMode', 'CssUrl', 'Customers'],
  customer: [
    'AccountNumber',
    'DisplayAccountNumber',
    'Name',
    'Address',
    'City',
    'State',
    'Zip',
    'EmailAddress',
    'Invoices',
  ],
  invoice: [
    'InvoiceNumber',
    'TypeID',
    'InvoiceDate',
    'DueDate',
    'BalanceDue',
    'CCServiceFee',
    'ACHServiceFee',
    'MinimumAmountDue',
    'AllowPartialPayments',
  ],
  settings: [
    'AllowSwipe',
    'AllowEMV',
    'EMVDeviceID',
    'EMVLocationID',
    'CashierName',
    'AllowCCPayment',
    'AllowACHPayment',
    'CreateCustomerRecord',
    'RemoteAuthenticationToken',
    'PageLoadOverride',
  ],
  result: ['InvoiceOptions', 'AllowRegisterAccount'],
  experience: ['AllowViewStatement', 'AllowRemove', 'AllowViewRelated', 'AllowRemindMe'],
};

function everyFieldOf(owner: FieldClass): { name: string; required: boolean }[] {
  return fieldsOf(owner).flatMap((spec) => [
    { name: spec.name, required: spec.required },
    ...(spec.kind === 'object' || spec.kind === 'list' ? everyFieldOf(spec.of()) : []),
  ]);
}

describe('a CPv2 request', () => {
  it('has every parameter of the six tables of the design, and nothing else', () => {
    const known = everyFieldOf(CloudPaymentRequest).map(({ name }) => name.toLowerCase());
    // PortalOrigin is ours, and never sent on: it asks for a ReturnURL that works in an iframe.
    const wanted = [...Object.values(TABLES).flat(), 'PageResultOptions', 'PortalOrigin'].map((name) =>
      name.toLowerCase(),
    );
    expect(known.sort()).toEqual(wanted.sort());
  });

  it('requires what the design requires, and the one invoice that a payment is for', () => {
    const required = everyFieldOf(CloudPaymentRequest)
      .filter((field) => field.required)
      .map(({ name }) => name);
    expect(required.sort()).toEqual(['AccountNumber', 'Customers', 'InvoiceNumber', 'Invoices', 'ViewMode']);
    expect(errorsOf({}).map(({ field }) => field)).toEqual(['Customers', 'ViewMode']);
    expect(errorsOf({ ViewMode: 1, Customers: [{ Invoices: [{}] }] }).map(({ field }) => field)).toEqual([
      'Customers[0].AccountNumber',
      'Customers[0].Invoices[0].InvoiceNumber',
    ]);
  });

  it('reads names without regard to case and writes them as the sample does', () => {
    const result = read({
      viewmode: '1',
      CSSURL: 'https://a.example/x.css',
      PostbackUrl: 'https://a.example/',
      returnurl: 'https://a.example/',
      customers: [
        { ACCOUNTNUMBER: 209860, invoices: [{ invoicenumber: '1', ACHServiceFee: '0.00', balancedue: '3.00' }] },
      ],
    });
    expect(result).toEqual({
      ok: true,
      request: {
        ViewMode: 1,
        CssUrl: 'https://a.example/x.css',
        PostBackURL: 'https://a.example/',
        ReturnURL: 'https://a.example/',
        Customers: [{ AccountNumber: '209860', Invoices: [{ InvoiceNumber: '1', AchServiceFee: 0, BalanceDue: 3 }] }],
      },
    });
  });

  it('refuses a name that comes twice in different case', () => {
    expect(errorsOf(minimal({ BalanceDue: 3, balancedue: 4 }))).toEqual([
      { field: 'Customers[0].Invoices[0].BalanceDue', reason: expect.stringMatching(/more than once/) },
    ]);
  });

  it('names every unknown field, or forwards it', () => {
    const body = minimal({ Colour: 1 }, { Phone: 'x' }, { UserType: 2, RequireEmail: 'true' });
    const named = errorsOf(body).map(({ field }) => field);
    expect(named.sort()).toEqual(['Customers[0].Invoices[0].Colour', 'Customers[0].Phone', 'RequireEmail', 'UserType']);
    const forwarded = read(body, 'forward');
    expect(forwarded).toMatchObject({
      ok: true,
      request: { UserType: 2, RequireEmail: 'true', Customers: [{ Phone: 'x', Invoices: [{ Colour: 1 }] }] },
    });
  });

  it('takes null for omitted', () => {
    expect(read(minimal({ BalanceDue: null }, { Name: null }, { CssUrl: null }))).toMatchObject({ ok: true });
    expect(errorsOf({ ViewMode: null, Customers: null }).map(({ reason }) => reason)).toEqual([
      'is required',
      'is required',
    ]);
  });

  it.each([
    [minimal({ BalanceDue: -1 }), 'Customers[0].Invoices[0].BalanceDue'],
    [minimal({ BalanceDue: 3.001 }), 'Customers[0].Invoices[0].BalanceDue'],
    [minimal({ BalanceDue: 'NaN' }), 'Customers[0].Invoices[0].BalanceDue'],
    [minimal({ TypeID: 3.5 }), 'Customers[0].Invoices[0].TypeID'],
    [minimal({ DueDate: '2/30/2025' }), 'Customers[0].Invoices[0].DueDate'],
    [minimal({ AllowPartialPayments: 'yes' }), 'Customers[0].Invoices[0].AllowPartialPayments'],
    [minimal({}, { Name: 'x'.repeat(201) }), 'Customers[0].Name'],
    [minimal({}, { Name: 'a\u0000b' }), 'Customers[0].Name'],
    [minimal({}, { Name: ['x'] }), 'Customers[0].Name'],
    [minimal({}, { AccountNumber: '  ' }), 'Customers[0].AccountNumber'],
    [minimal({}, { DisplayAccountNumber: '4111 1111 1111 1111' }), 'Customers[0].DisplayAccountNumber'],
    [minimal({}, {}, { ViewMode: 2 }), 'ViewMode'],
    [minimal({}, {}, { CssUrl: 'javascript:alert(1)' }), 'CssUrl'],
    [minimal({}, {}, { PageResultOptions: [] }), 'PageResultOptions'],
    [
      minimal({}, {}, { PageResultOptions: { InvoiceOptions: { AllowRemove: 1 } } }),
      'PageResultOptions.InvoiceOptions.AllowRemove',
    ],
    [{ ...minimal(), Customers: {} }, 'Customers'],
    [{ ...minimal(), Customers: [] }, 'Customers'],
    [[], 'body'],
    ['text', 'body'],
    [null, 'body'],
    [undefined, 'body'],
  ])('refuses %j and names %s', (body, field) => {
    const errors = errorsOf(body);
    expect(errors.map((error) => error.field)).toEqual([field]);
    expect(errors[0]?.reason).toBeTruthy();
  });

  it('never repeats in an error what was sent', () => {
    const errors = errorsOf(
      minimal(
        { BalanceDue: 'canary-1' },
        { Name: `canary-2${'x'.repeat(300)}`, EmailAddress: 7.5 },
        { PostBackURL: 'canary-3' },
      ),
    );
    expect(errors).toHaveLength(4);
    expect(JSON.stringify(errors)).not.toContain('canary');
  });

  it('refuses to forward what is nested too deep to be a request', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i += 1) deep = [deep];
    expect(read(minimal({}, {}, { Extra: deep }), 'forward')).toMatchObject({ ok: false });
  });
});
