import {
  AmountField,
  DateField,
  FlagField,
  IntegerField,
  ListField,
  ObjectField,
  TextField,
  UrlField,
} from './field.js';

// Names and requiredness are the technical design's six tables (documented); where its tables and its sample spell a
// name differently, the sample's spelling goes out. Lengths and number ranges are ours (assumed): the design gives none.

/** Invoice user experience options. */
export class CloudPaymentInvoiceOptions {
  /** Shows "View Statement" in the cart. */
  @FlagField({ example: true }) AllowViewStatement?: boolean;
  /** Shows "Remove" in the cart. */
  @FlagField({ example: true }) AllowRemove?: boolean;
  /** Shows "View Related" in the cart. */
  @FlagField({ example: true }) AllowViewRelated?: boolean;
  /** Shows "Remind Me" in the cart. */
  @FlagField({ example: true }) AllowRemindMe?: boolean;
}

/** Page user result UI options. */
export class CloudPaymentPageResultOptions {
  /** Offers the payer to register. */
  @FlagField({ example: true }) AllowRegisterAccount?: boolean;
  /** Invoice user experience options. */
  @ObjectField(() => CloudPaymentInvoiceOptions) InvoiceOptions?: CloudPaymentInvoiceOptions;
}

/** Optional invoice data object: the invoice that is made on the fly. */
export class CloudPaymentInvoice {
  /** The partner's number of the invoice. A payment is for exactly one. */
  @TextField(50, { required: true, identifier: true, example: '2025000158' }) InvoiceNumber: string;
  /** Invoice type at Invoice Cloud. A biller's policy may pin it (LeadsOnline: always 39). */
  @IntegerField(0, 1_000_000, { example: 39 }) TypeID?: number;
  /** M/d/yyyy, MM/dd/yyyy or yyyy-MM-dd. */
  @DateField({ example: '4/17/2025' }) DueDate?: string;
  /** M/d/yyyy, MM/dd/yyyy or yyyy-MM-dd. */
  @DateField({ example: '4/17/2025' }) InvoiceDate?: string;
  /**
   * Dollars to pay, at most two decimals. The PostBack's amount is compared with it; a payment that was opened without
   * one is held for review when it is paid, since there is nothing to compare.
   */
  @AmountField({ example: 3.0 }) BalanceDue?: number;
  /** Service fee for cards, dollars. A policy may pin it to 0: fees come from Invoice Cloud's own configuration. */
  @AmountField({ example: 0.0 }) CCServiceFee?: number;
  /** Service fee for bank accounts, dollars. As CCServiceFee. The design's tables spell it ACHServiceFee. */
  @AmountField({ example: 0.0 }) AchServiceFee?: number;
  /** Least dollars to pay where partial payments are allowed. */
  @AmountField() MinimumAmountDue?: number;
  /** Lets the payer pay less than the balance, in one part or several; without it another amount is held for review. */
  @FlagField() AllowPartialPayments?: boolean;
}

/** Customer data object: the customer who is made on the fly. */
export class CloudPaymentCustomer {
  /** The partner's number of the account. */
  @TextField(50, { required: true, identifier: true, example: '209860' }) AccountNumber: string;
  /** What the payer reads instead of AccountNumber. */
  @TextField(50) DisplayAccountNumber?: string;
  /** The payer's name. */
  @TextField(200, { example: 'Jane Payer' }) Name?: string;
  /** Street and number. */
  @TextField(200, { example: '100 Main Street' }) Address?: string;
  @TextField(100, { example: 'Peoria' }) City?: string;
  @TextField(50, { example: 'Arizona' }) State?: string;
  @TextField(20, { example: '85345' }) Zip?: string;
  /** Where the receipt goes. */
  @TextField(254, { example: 'payer@example.com' }) EmailAddress?: string;
  /** Exactly one invoice. */
  @ListField(() => CloudPaymentInvoice, { required: true }) Invoices: CloudPaymentInvoice[];
}

/**
 * A Cloud Payments V2 request, in the technical design's field names, which are read without regard to case. Amounts
 * may be numbers or text, booleans true or "true", null means omitted.
 */
export class CloudPaymentRequest {
  /** Has Invoice Cloud make the customer when it has none with this account number. */
  @FlagField({ example: true }) CreateCustomerRecord?: boolean;
  /** Exactly one customer. */
  @ListField(() => CloudPaymentCustomer, { required: true }) Customers: CloudPaymentCustomer[];
  /** Card readers with a chip. */
  @FlagField({ example: true }) AllowEMV?: boolean;
  /** Card readers with a stripe. */
  @FlagField({ example: true }) AllowSwipe?: boolean;
  /** The chip reader's device. */
  @TextField(100) EMVDeviceID?: string;
  /** The chip reader's place. */
  @TextField(100) EMVLocationID?: string;
  /** Who sits at the counter. */
  @TextField(100) CashierName?: string;
  @FlagField({ example: true }) AllowCCPayment?: boolean;
  @FlagField({ example: true }) AllowACHPayment?: boolean;
  /** Which page opens first; 4 is the invoice cart. A biller's policy may pin it. */
  @IntegerField(0, 100, { example: 4 }) PageLoadOverride?: number;
  /** Where this platform relays the verified PostBack to. Invoice Cloud is given an address of this platform's own. */
  @UrlField({ example: 'https://partner.example.com/payments/logged' }) PostBackURL?: string;
  /** Comes back in the PostBack, and is compared. */
  @TextField(200, { example: '209860|12570' }) BillerReference?: string;
  /** 0: a page of its own, 1: an iframe. */
  @IntegerField(0, 1, { required: true, example: 1 }) ViewMode: number;
  /** Style sheet of the hosted page. Default: the biller's policy. */
  @UrlField({ example: 'https://www.invoicecloud.com/ssotest/sso-gmp.css' }) CssUrl?: string;
  /** Where the payer goes from the receipt. Default: the biller's setting 36. */
  @UrlField() ReturnURL?: string;
  /**
   * Ours, not sent to Invoice Cloud. The origin of the portal that shows the hosted page in an iframe or opened it in a
   * window, one of the biller's portal origins. Invoice Cloud is then given a return page of this platform's own, which
   * tells that portal and leads to ReturnURL.
   */
  @UrlField({ example: 'https://portal.example.com' }) PortalOrigin?: string;
  /** From Invoice Cloud's Remote Authentication: the payer is signed in. */
  @TextField(4000) RemoteAuthenticationToken?: string;
  /** Page user result UI options. */
  @ObjectField(() => CloudPaymentPageResultOptions) PageResultOptions?: CloudPaymentPageResultOptions;
}
