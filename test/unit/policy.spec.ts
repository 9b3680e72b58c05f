import type { CloudPaymentRequest } from '../../src/cloud-pay/cpv2-request.dto.js';
import { PolicyViolation } from '../../src/cloud-pay/errors.js';
import { applyPolicy, readPolicy } from '../../src/cloud-pay/policy.js';
import { InvalidRequest } from '../../src/common/platform-error.js';

/** The technical design's, for LeadsOnline. */
const POLICY = {
  pinned: {
    'Customers.Invoices.TypeID': 39,
    'Customers.Invoices.CCServiceFee': 0,
    'Customers.Invoices.AchServiceFee': 0,
    PageLoadOverride: 4,
  },
  defaults: {
    CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
    'PageResultOptions.AllowRegisterAccount': true,
  },
};

const URLS = { production: false };

const request = (invoice: object = {}, more: object = {}) =>
  ({
    ViewMode: 1,
    Customers: [{ AccountNumber: '1', Invoices: [{ InvoiceNumber: '2', ...invoice }] }],
    ...more,
  }) as CloudPaymentRequest;

describe("a biller's policy", () => {
  it('fills in what is pinned and what has a default', () => {
    const filled = request();
    applyPolicy(filled, POLICY);
    expect(filled).toEqual({
      ViewMode: 1,
      PageLoadOverride: 4,
      CssUrl: POLICY.defaults.CssUrl,
      PageResultOptions: { AllowRegisterAccount: true },
      Customers: [
        { AccountNumber: '1', Invoices: [{ InvoiceNumber: '2', TypeID: 39, CCServiceFee: 0, AchServiceFee: 0 }] },
      ],
    });
  });

  it('leaves alone what agrees, and what overrides a default', () => {
    const own = request({ TypeID: 39 }, { CssUrl: 'https://a.example/own.css', PageResultOptions: {} });
    applyPolicy(own, POLICY);
    expect(own).toMatchObject({
      CssUrl: 'https://a.example/own.css',
      PageResultOptions: { AllowRegisterAccount: true },
    });
  });

  it('refuses another value than the pinned one, naming field, value sent and value allowed', () => {
    let thrown: unknown;
    try {
      applyPolicy(request({ TypeID: 40, CCServiceFee: 1.5 }, { PageLoadOverride: 1 }), POLICY);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PolicyViolation);
    expect((thrown as PolicyViolation).errors).toEqual([
      expect.objectContaining({ field: 'Customers[0].Invoices[0].TypeID', sent: 40, allowed: 39 }),
      expect.objectContaining({ field: 'Customers[0].Invoices[0].CCServiceFee', sent: 1.5, allowed: 0 }),
      expect.objectContaining({ field: 'PageLoadOverride', sent: 1, allowed: 4 }),
    ]);
  });

  it('takes one customer with one invoice, at every biller', () => {
    const [customer] = request().Customers;
    const none = { pinned: {}, defaults: {} };
    const two = { ...request(), Customers: [customer, customer] };
    expect(() => applyPolicy(two, none)).toThrow(PolicyViolation);
    const invoices = [{ InvoiceNumber: '1' }, { InvoiceNumber: '2' }];
    const twoInvoices = {
      ...request(),
      Customers: [{ AccountNumber: '1', Invoices: invoices }],
    } as CloudPaymentRequest;
    expect(() => applyPolicy(twoInvoices, none)).toThrow(/Customers\[0\]\.Invoices \(allowed: 1\)/);
  });

  it.each([
    [{ Colour: 1 }],
    [{ 'Customers.Invoices': 1 }],
    [{ 'Customers.Invoices.TypeID': 'x' }],
    [{ 'Customers.Invoices.BalanceDue': 3.001 }],
    [{ 'Customers.Invoices.BalanceDue': -1 }],
    [{ 'PageLoadOverride.x': 1 }],
    [{ pageloadoverride: 4 }],
    [{ AllowEMV: 'yes' }],
    [{ CssUrl: 'javascript:alert(1)' }],
    [{ 'Customers.Invoices.DueDate': '2/30/2025' }],
    [{ CashierName: 'a\u0000b' }],
  ])('is itself checked: %j is refused', (pinned) => {
    expect(() => readPolicy({ pinned: pinned, defaults: {} }, URLS)).toThrow(InvalidRequest);
    expect(() => readPolicy({ pinned: {}, defaults: pinned }, URLS)).toThrow(InvalidRequest);
  });

  it('of the design is a good one', () => expect(readPolicy(POLICY, URLS)).toEqual(POLICY));
});
