/** How surely a fact about Invoice Cloud's wire is known. See docs/invoice-cloud.md. */
export type Standing =
  /** The technical design names the operation and its fields. */
  | 'documented'
  /** Seen in clients that talk to Invoice Cloud in production. */
  | 'observed'
  /** Ours, until somebody with Invoice Cloud's integration guide corrects it. */
  | 'assumed';

export interface Operation {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /**
   * `key`: Basic of the API key alone. `key-colon`: Basic of the key as user name with an empty password.
   * `web-service-key`: BillerGUID and Web Service Key in the body.
   */
  readonly auth: 'key' | 'key-colon' | 'web-service-key';
  readonly service: 'rest' | 'soap';
  /** Whether asking twice does no more than asking once, so that a call may be repeated whose answer was lost. */
  readonly safe: boolean;
  /** Why it is safe, or is not. */
  readonly why: string;
  readonly standing: { readonly path: Standing; readonly fields: Standing };
}

/** Every operation of Invoice Cloud that we use stands here, once. Paths can be overridden: INVOICE_CLOUD_PATHS. */
export const operations = {
  /** Creates a customer and an invoice on the fly and answers the hosted page. */
  openCloudPayment: {
    name: 'openCloudPayment',
    method: 'POST',
    path: '/cloudpaymentsapi/v2',
    auth: 'key',
    service: 'rest',
    safe: false,
    why: 'a second one is a second hosted page',
    standing: { path: 'observed', fields: 'documented' },
  },
  /** Whether the API key works. */
  billerStatus: {
    name: 'billerStatus',
    method: 'GET',
    path: '/api/v1/biller/status',
    auth: 'key-colon',
    service: 'rest',
    safe: true,
    why: 'it reads',
    standing: { path: 'observed', fields: 'observed' },
  },
  /** Which users an e-mail address or an account has, registered or not. */
  retrieveUsers: {
    name: 'retrieveUsers',
    method: 'POST',
    path: '/api/v1/remoteauth/RetrieveUsers',
    auth: 'key-colon',
    service: 'rest',
    safe: true,
    why: 'it reads',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Signs a user in; answers the RemoteAuthenticationToken. */
  remoteAuthentication: {
    name: 'remoteAuthentication',
    method: 'POST',
    path: '/api/v1/remoteauth/RemoteAuthentication',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'a wrong password may count twice, and lock the user',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** The CustomerGUID of an account. */
  retrieveCustomerGuid: {
    name: 'retrieveCustomerGuid',
    method: 'POST',
    path: '/api/v1/customer/RetrieveCustomerGuid',
    auth: 'key-colon',
    service: 'rest',
    safe: true,
    why: 'it reads',
    standing: { path: 'observed', fields: 'observed' },
  },
  /** The accounts of a user. */
  retrieveUserAccounts: {
    name: 'retrieveUserAccounts',
    method: 'POST',
    path: '/api/v1/remoteauth/RetrieveUserAccounts',
    auth: 'key-colon',
    service: 'rest',
    safe: true,
    why: 'it reads',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Registers accounts to a user; LoginTypeID is always 1. */
  registerAccounts: {
    name: 'registerAccounts',
    method: 'POST',
    path: '/api/v1/remoteauth/RegisterAccounts',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'it registers',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Makes a customer. */
  createCustomerRecord: {
    name: 'createCustomerRecord',
    method: 'POST',
    path: '/api/v1/customers/CreateCustomerRecord',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'it makes a customer',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Adds accounts to a registered user. */
  linkAccounts: {
    name: 'linkAccounts',
    method: 'POST',
    path: '/api/v1/remoteauth/LinkAccounts',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'it links',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Takes accounts from a user; there is no unlink. */
  unregisterAccounts: {
    name: 'unregisterAccounts',
    method: 'POST',
    path: '/api/v1/remoteauth/UnregisterAccounts',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'it unregisters',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Changes the password of a user. */
  updatePassword: {
    name: 'updatePassword',
    method: 'POST',
    path: '/api/v1/remoteauth/UpdatePassword',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'the present password is another one after the first',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Changes the e-mail address of a user. */
  updateEmailAddress: {
    name: 'updateEmailAddress',
    method: 'POST',
    path: '/api/v1/remoteauth/UpdateEmailAddress',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'the present address is another one after the first',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** What is due on an invoice. Whether it knows those that Cloud Payments made is unknown. */
  viewInvoiceByInvoiceNumber: {
    name: 'viewInvoiceByInvoiceNumber',
    method: 'POST',
    path: '/portal/webservices/CloudInvoicing.asmx',
    auth: 'web-service-key',
    service: 'soap',
    safe: true,
    why: 'it reads',
    standing: { path: 'observed', fields: 'observed' },
  },
  /** Not called by us: the payer's browser posts the six documented fields there (Cloud SSO Connect). */
  ssoConnect: {
    name: 'ssoConnect',
    method: 'POST',
    path: '/portal/cloudsso',
    auth: 'key-colon',
    service: 'rest',
    safe: false,
    why: 'it opens a session; and we do not call it',
    standing: { path: 'assumed', fields: 'documented' },
  },
  /** Not called by us: the biller's public page, `?G={BillerGUID}`. */
  virtualSite: {
    name: 'virtualSite',
    method: 'GET',
    path: '/portal/2/Site.aspx',
    auth: 'key-colon',
    service: 'rest',
    safe: true,
    why: 'it reads; and we do not call it',
    standing: { path: 'observed', fields: 'observed' },
  },
} as const satisfies Record<string, Operation>;
