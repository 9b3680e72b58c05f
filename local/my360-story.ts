import { submit, visit } from './browser.js';
import type { My360Context, Session } from './my360-context.js';
import { eventually, expect, shorten, type Step } from './story.js';

const TEST_CARD = { cardNumber: '4111 1111 1111 1112', expiry: '12/39', securityCode: '123' };

interface OneTimePayment {
  readonly id: string;
  readonly cloudPaymentUrl: string;
  readonly virtualSiteUrl: string;
}
interface CredentialChange {
  readonly id: string;
  readonly status: string;
  readonly sentTo: string;
}

/** The ten stories of technical-design.txt, in its order; one step each. */
export const my360Steps: readonly Step<My360Context>[] = [
  {
    title: 'User access: sign-in, and the accounts are synced',
    async run(context) {
      const user = context.newUser('rosa');
      const invoices = ['1', '2'].map((nth) => ({ invoiceNumber: `R-${nth}`, balanceDue: `4${nth}.50` }));
      const own = await context.customer({ registered: user, invoices });
      const free = await context.customer();
      const session = await context.signIn(user, [own, free, context.newAccount()]);
      expect(session.outcome === 'signed-in', `the outcome is ${session.outcome}`);
      const { linked, linkedNow, unknownToInvoiceCloud } = session.sync ?? {};
      expect(linked?.[0] === own && linkedNow?.[0] === free, 'the accounts were not synced');
      Object.assign(context, { user, accountNumber: own, session });

      const newcomer = await context.signIn(context.newUser('umar'), [await context.customer()]);
      expect(newcomer.outcome === 'registered-and-signed-in', `the newcomer’s outcome is ${newcomer.outcome}`);
      return [
        `signed in: CustomerGUID ${session.customerGuid}, until ${session.expiresAt}`,
        `linked ${linked?.length}, linked now ${linkedNow?.length}, unknown to Invoice Cloud ${unknownToInvoiceCloud?.length}`,
        'a user who is not registered: registered and signed in',
      ];
    },
  },
  {
    title: 'User registration: the three branches',
    async run(context) {
      const user = context.newUser('nell');
      const account = context.newAccount();
      const branches = [
        await context.register(user, account),
        await context.register(context.newUser('umar'), await context.customer()),
        await context.register(user, account),
      ].map(({ branch }) => branch);
      const expected = ['unknown', 'known-unregistered', 'registered'];
      expect(branches.join() === expected.join(), `the branches were ${branches.join(', ')}`);
      return [branches.join(', ')];
    },
  },
  {
    title: 'Unregistered user’s payment, on the hosted page',
    async run(context) {
      const opened = await context.ask<OneTimePayment>(201, 'POST', '/sso/one-time-payments', oneTimePayment(context));
      const receipt = await submit(await visit(opened.cloudPaymentUrl), TEST_CARD);
      expect(receipt.text.includes('Confirmation number'), `the payment answered ${receipt.status}`);
      const payment = await eventually('the payment is recorded', async () => {
        const path = `/cloud-pay/payments/${opened.id}`;
        const found = await context.ask<{ status: string; amountPaidCents: number }>(200, 'GET', path);
        return found.status === 'paid' ? found : undefined;
      });
      expect(payment.amountPaidCents === 1850, `${payment.amountPaidCents} cents were paid`);
      expect((await visit(opened.virtualSiteUrl)).status === 200, 'there is no Virtual Site');
      return [`payment ${opened.id}: paid, $18.50`, `Virtual Site: ${opened.virtualSiteUrl}`];
    },
  },
  {
    title: 'Registered user’s payment: Recent Bill Listing (RedirectID 1)',
    async run(context) {
      const { page, launchUrl } = await context.openPage('recent-bills', { ReturnUrl: `${context.portalUrl}/back` });
      expect(page.text.includes('Sign out and Return to'), 'the page does not lead back');
      const hosted = await submit(page, { invoice: `${context.accountNumber}/R-1` });
      const receipt = await submit(hosted, TEST_CARD);
      expect(receipt.text.includes('Confirmation number'), `the payment answered ${receipt.status}`);
      expect((await visit(launchUrl)).status === 410, 'the launch URL works twice');
      const { customer } = await context.atInvoiceCloud();
      expect(customer.balance === '42.50', `the balance is ${customer.balance}`);
      return [`iframe: ${shorten(launchUrl)}, worked once`, 'invoice R-1 paid, $41.50; balance $42.50'];
    },
  },
  {
    title: 'Scheduled payments (RedirectID 9)',
    async run(context) {
      const method = await storeCard(context);
      const { page } = await context.openPage('scheduled-payments');
      const invoice = `${context.accountNumber}/R-2`;
      const date = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
      await submit(page, { action: 'schedule', invoice, method, date });
      const [scheduled] = (await context.atInvoiceCloud()).user.scheduled;
      expect(scheduled?.date === date, 'no payment was scheduled');
      return [`invoice R-2, $42.50, on ${date}`];
    },
  },
  {
    title: 'Paperless (RedirectID 2)',
    async run(context) {
      await submit((await context.openPage('paperless')).page, { action: 'enroll' });
      expect((await context.atInvoiceCloud()).customer.paperless, 'the account is not paperless');
    },
  },
  {
    title: 'AutoPay (RedirectID 3)',
    async run(context) {
      const [method] = (await context.atInvoiceCloud()).user.methods;
      const { page } = await context.openPage('autopay');
      await submit(page, { action: 'enroll', method: method?.id ?? '' });
      expect((await context.atInvoiceCloud()).customer.autopay === method?.id, 'the account is not enrolled');
      return [`pays with ${method?.brand} ending in ${method?.lastFour}`];
    },
  },
  {
    title: 'Payment methods (RedirectID 5)',
    async run(context) {
      const before = (await context.atInvoiceCloud()).user.methods.length;
      const added = await storeCard(context);
      const { page } = await context.openPage('payment-options');
      await fetch(page.url, { method: 'POST', body: new URLSearchParams({ action: 'remove', method: added }) });
      const { methods } = (await context.atInvoiceCloud()).user;
      expect(methods.length === before && !methods.some(({ id }) => id === added), 'the card was not removed');
      return ['a card was stored, and removed'];
    },
  },
  {
    title: 'Update of e-mail and password: at once, and by approval',
    async run(context) {
      expect(context.user, 'nobody is signed in');
      const { accountNumber } = context;
      const change = (body: object) =>
        context.ask<CredentialChange>(200, 'POST', '/sso/credential-changes', { accountNumber, ...body });
      const first = context.newUser('rosa');
      const applied = await change({ ...context.user, newEmail: first.email, newPassword: first.password });
      expect(applied.status === 'applied', `with Invoice Cloud’s credentials it is ${applied.status}`);

      const second = { ...first, password: context.newUser('rosa').password };
      const waiting = await change({ ...first, password: 'what My360 holds', newPassword: second.password });
      expect(waiting.status === 'waiting', `with others it is ${waiting.status}`);
      const mail = await context.mailTo(first.email);
      const link = /https?:\/\/\S+\/approvals\/\S+/.exec(mail.text)?.[0];
      expect(link, 'the mail has no link');
      const page = await submit(await visit(link), { decision: 'approve' });
      expect(page.status === 200, `the approval answered ${page.status}`);
      const { status } = await context.ask<CredentialChange>(200, 'GET', `/sso/credential-changes/${waiting.id}`);
      expect(status === 'applied', `after the click it is ${status}`);
      Object.assign(context, { user: second, session: await context.signIn(second) });
      return [
        'credentials as Invoice Cloud’s: applied at once',
        `others: “${mail.subject}” to ${waiting.sentTo}, approved (${context.mailboxUrl})`,
      ];
    },
  },
  {
    title: 'Manage accounts: link, and unregister',
    async run(context) {
      const free = await context.customer();
      const path = `/sso/sessions/${context.session?.id}/accounts`;
      const linked = await context.ask<Pick<Session, 'accounts'>>(200, 'POST', path, { accountNumbers: [free] });
      const gone = await context.ask<{ unregistered: string[] }>(200, 'DELETE', `${path}/${free}`);
      expect(gone.unregistered.join() === free, `gone are ${gone.unregistered.join(', ')}`);

      const other = context.newUser('theo');
      const primary = await context.customer({ registered: other });
      await context.customer({ linkedTo: other.email });
      const session = await context.signIn(other);
      const all = `/sso/sessions/${session.id}/accounts/${primary}`;
      const { unregistered } = await context.ask<{ unregistered: string[] }>(200, 'DELETE', all);
      expect(unregistered.length === 2, 'the linked account stayed');
      return [
        `linked: ${linked.accounts.length} accounts; the linked one unregistered alone`,
        `the primary one took the linked one with it: ${unregistered.join(', ')}`,
      ];
    },
  },
];

/** What the demo ends with: the user, as Invoice Cloud has it now. */
export async function my360Result(context: My360Context): Promise<string> {
  const { user, customer } = await context.atInvoiceCloud();
  const [scheduled] = user.scheduled;
  const rows = [
    ['user', user.email],
    ['accounts', user.accounts.join(', ')],
    ['balance', `$${customer.balance}`],
    ['scheduled', scheduled ? `$${(scheduled.amountCents / 100).toFixed(2)} on ${scheduled.date}` : 'nothing'],
    ['paperless', customer.paperless ? 'yes' : 'no'],
    ['AutoPay', customer.autopay ? 'yes' : 'no'],
    ['payment methods', user.methods.map(({ brand, lastFour }) => `${brand} …${lastFour}`).join(', ')],
  ] as const;
  return ['My360’s user at Invoice Cloud', ...rows.map(([name, value]) => `  ${name.padEnd(20)} ${value}`)].join('\n');
}

async function storeCard(context: My360Context): Promise<string> {
  const { page } = await context.openPage('payment-options');
  await submit(page, { ...TEST_CARD, action: 'add-card' });
  const method = (await context.atInvoiceCloud()).user.methods.at(-1);
  expect(method, 'no card was stored');
  return method.id;
}

/** CreateCustomerRecord and ReturnURL are left to the platform: true, and the biller's setting 36. */
function oneTimePayment(context: My360Context): object {
  const accountNumber = context.newAccount();
  const Invoices = [{ InvoiceNumber: `${accountNumber}-1`, BalanceDue: 18.5 }];
  return { ViewMode: 1, Customers: [{ AccountNumber: accountNumber, Name: 'Jane Payer', Invoices }] };
}
