import type { Template } from './load/template.js';

/** The sample of technical-design.txt, for an account and an invoice of its own, and with a person who does not exist. */
const PAYMENT = JSON.stringify({
  CreateCustomerRecord: true,
  Customers: [
    {
      AccountNumber: 'a-{n}',
      Name: 'Jane Payer',
      Address: '100 Main Street',
      City: 'Peoria',
      State: 'Arizona',
      Zip: '85345',
      EmailAddress: 'payer@example.com',
      Invoices: [
        {
          InvoiceNumber: '{n}',
          TypeID: 39,
          DueDate: '4/17/2025',
          InvoiceDate: '4/17/2025',
          BalanceDue: 3,
          CCServiceFee: 0,
          AchServiceFee: 0,
        },
      ],
    },
  ],
  AllowEMV: true,
  AllowSwipe: true,
  AllowCCPayment: true,
  AllowACHPayment: true,
  PageLoadOverride: 4,
  BillerReference: 'a-{n}|12570',
  ViewMode: 1,
  CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
  PageResultOptions: {
    AllowRegisterAccount: true,
    InvoiceOptions: { AllowViewStatement: true, AllowRemove: true, AllowViewRelated: true, AllowRemindMe: true },
  },
});

const JSON_BODY = { 'content-type': 'application/json' };

export interface Biller {
  readonly id: string;
  readonly guid: string;
  readonly partnerId: string;
  /** Of the partner, bound to the biller. */
  readonly key: string;
}

const as = (key: string) => ({ authorization: `Bearer ${key}` });

/** Each payment has its own invoice: the same invoice would be answered with the page that it has. */
export const openPayment = ({ id, key }: Biller): Template => ({
  method: 'POST',
  path: `/v1/billers/${id}/cloud-pay/payments`,
  headers: { ...as(key), ...JSON_BODY, 'idempotency-key': 'bench-{n}' },
  body: PAYMENT,
});

export const openWithoutKey = (biller: Biller): Template => {
  const { headers = {}, ...rest } = openPayment(biller);
  const { 'idempotency-key': _, ...others } = headers;
  return { ...rest, headers: others };
};

export const openDropIn = ({ key }: Biller): Template => ({
  method: 'POST',
  path: '/cloudpaymentsapi/v2',
  headers: { authorization: `Basic ${Buffer.from(key).toString('base64')}`, ...JSON_BODY },
  body: PAYMENT,
});

/** The same request at a reference, which looks at no key. */
export const openAtReference: Template = { method: 'POST', path: '/payments', headers: JSON_BODY, body: PAYMENT };

/**
 * The capability of the prepared payment n: in base64url its id, which begins with the time as every id does and grows with n,
 * and what would be chance.
 */
export const CAPABILITY = `${Buffer.from(Date.now().toString(16).padStart(12, '0'), 'hex').toString('base64url')}{n}bench-of-prepared-payments-${'-'.repeat(19)}`;

/** A PostBack that agrees with the prepared payment n. */
export const postBack = (billerGuid: string): Template => ({
  method: 'POST',
  path: `/postbacks/${CAPABILITY}`,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: Object.entries({
    BillerGUID: billerGuid,
    PaymentDate: '4/17/2025+1%3A02%3A03+PM',
    InvoiceNumber: 'p-{n}',
    Approved: 'True',
    CustomerName: 'Jane+Payer',
    CustomerAddress: '100+Main+Street',
    CustomerCity: 'Peoria',
    CustomerState: 'Arizona',
    CustomerZip: '85345',
    PaymentGUID: '00000000-0000-4000-8000-00{n}',
    PaymentAmount: '3.00',
    PaymentDescription: 'Payment+of+an+invoice',
    PaymentTypeID: '1',
    CardType: 'VISA',
    PaymentMessage: 'Approved',
    BillerReference: 'a-{n}%7C12570',
    ConvenienceFee: '0.00',
    RemoteIP: '127.0.0.1',
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('&'),
});

export const signIn = ({ id, key }: Biller): Template => ({
  method: 'POST',
  path: `/v1/billers/${id}/sso/sessions`,
  headers: { ...as(key), ...JSON_BODY },
  body: JSON.stringify({ email: 'payer-{n}@example.com', password: 'pretend-password' }),
});

/** The prepared ticket n. */
export const TICKET = 'bench-ticket-of-one-use-{n}';
export const launch: Template = { method: 'GET', path: `/launch/${TICKET}` };

export const readPayment = ({ id, key }: Biller, paymentId: string): Template => ({
  method: 'GET',
  path: `/v1/billers/${id}/cloud-pay/payments/${paymentId}`,
  headers: as(key),
});

/** Ten a page, so that a page is as long however many payments there are. */
export const listPayments = ({ id, key }: Biller): Template => ({
  method: 'GET',
  path: `/v1/billers/${id}/cloud-pay/payments?limit=10`,
  headers: as(key),
});

export const listBillers = (adminKey: string): Template => ({
  method: 'GET',
  path: '/admin/v1/billers?limit=10&sort=name',
  headers: as(adminKey),
});
