import { accountByGuid, balanceCents, openAccount } from './accounts.js';
import { Refusal } from './fields.js';
import { post } from './remote-authentication.js';
import type { WireOperation } from './wire.js';
import type { Account } from './model.js';

/**
 * Path and fields are observed. EmailAddress and Username, where given, must be those of the account (assumed); an
 * unregistered record has no user name and, often, no e-mail to compare with.
 */
export const retrieveCustomerGuid = post('retrieve-customer-guid', 'customer/RetrieveCustomerGuid', (biller, body) => {
  const account = biller.accounts.get(body.requiredText('AccountNumber'));
  const [email, username] = [body.text('EmailAddress')?.trim(), body.text('Username')?.trim()];
  if (!account || !fits(email, emailsOf(account)) || !fits(username, [account.owner?.username])) throw notFound();
  return { CustomerGuid: account.guid };
});

/** Changes nothing where the record exists. The operation is documented; path and fields are assumed. */
export const createCustomerRecord = post('create-customer-record', 'customers/CreateCustomerRecord', (biller, body) => {
  const accountNumber = body.requiredText('AccountNumber');
  const existing = biller.accounts.get(accountNumber);
  const account = openAccount(biller, {
    accountNumber,
    name: body.text('Name'),
    emailAddress: body.text('EmailAddress'),
    address: body.text('Address'),
    city: body.text('City'),
    state: body.text('State'),
    zip: body.text('Zip'),
    phone: body.text('Phone'),
  });
  return { CustomerGuid: account.guid, Created: existing === undefined };
});

/** The customer-portal account. Method and path are observed; the fields are assumed. */
export const customerPortalAccount: WireOperation = {
  operation: 'customer-portal-account',
  method: 'GET',
  path: '/api/v1/cp/:customerGuid/account',
  credentials: 'user',
  answer: (biller, _body, { customerGuid = '' }) => {
    const account = accountByGuid(biller, customerGuid);
    if (!account) throw notFound();
    const { customer, owner } = account;
    return {
      CustomerGuid: account.guid,
      AccountNumber: customer.accountNumber,
      Name: customer.name ?? null,
      EmailAddress: owner?.email ?? customer.emailAddress ?? null,
      Registered: owner !== undefined,
      Username: owner?.username ?? null,
      Balance: balanceCents(account) / 100,
      Paperless: owner?.paperless.has(customer.accountNumber) ?? false,
      AutoPay: owner?.autopay.has(customer.accountNumber) ?? false,
    };
  },
};

function emailsOf({ customer, owner }: Account): readonly (string | undefined)[] {
  return [owner?.email, customer.emailAddress];
}

/** True also where nothing was asked, or there is nothing to compare with. */
function fits(asked: string | undefined, known: readonly (string | undefined)[]): boolean {
  const there = known.filter((one) => one !== undefined).map((one) => one.toLowerCase());
  return !asked || there.length === 0 || there.includes(asked.toLowerCase());
}

function notFound(): Refusal {
  return new Refusal('There is no such customer.', 'CustomerNotFound');
}
