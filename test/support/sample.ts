import type { Json } from './api.js';

/** The sample of technical-design.txt, with a person who does not exist. Changes are merged deeply; undefined removes. */
export function sampleRequest(changes: object = {}, customer: object = {}, invoice: object = {}): Json {
  return {
    CreateCustomerRecord: true,
    Customers: [
      {
        AccountNumber: '209860',
        Name: 'Jane Payer',
        Address: '6750 W Peoria Ave',
        City: 'Peoria',
        State: 'Arizona',
        Zip: '85345',
        EmailAddress: 'payer@example.com',
        Invoices: [
          {
            InvoiceNumber: '2025000158',
            TypeID: 39,
            DueDate: '4/17/2025',
            InvoiceDate: '4/17/2025',
            BalanceDue: 3.0,
            CCServiceFee: 0.0,
            AchServiceFee: 0.0,
            ...invoice,
          },
        ],
        ...customer,
      },
    ],
    AllowEMV: true,
    AllowSwipe: true,
    AllowCCPayment: true,
    AllowACHPayment: true,
    PageLoadOverride: 4,
    BillerReference: '209860|12570',
    ViewMode: 1,
    CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
    PageResultOptions: {
      AllowRegisterAccount: true,
      InvoiceOptions: { AllowViewStatement: true, AllowRemove: true, AllowViewRelated: true, AllowRemindMe: true },
    },
    ...changes,
  };
}

/** The design's policy of the LeadsOnline biller: "Always 39", "Always 0.00", "Always 4", "Default IC CssUrl". */
export const LEADSONLINE_POLICY = {
  pinned: {
    'Customers.Invoices.TypeID': 39,
    'Customers.Invoices.CCServiceFee': 0,
    'Customers.Invoices.AchServiceFee': 0,
    PageLoadOverride: 4,
  },
  defaults: { CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css' },
};
