import { expect, type Step } from '../../local/story.js';
import { paid, seen, styleOf, typeCard } from './stage.js';
import { credentials, demoPeople } from './my360-credentials.js';
import type { My360Visit } from './my360-visit.js';

/** The ten stories, as a customer clicks through them; the order is the one in which they build on each other. */
export const my360Story: readonly Step<My360Visit>[] = [
  {
    title: 'User registration: unknown, known and not registered, registered',
    async run(visit) {
      const { cloud, stage } = visit;
      await visit.open('/register');
      await stage.look();
      await visit.register(cloud.newUser('nell'), cloud.newAccount());
      await visit.notice('did not know the account');
      await visit.signOut();
      await visit.register(cloud.newUser('umar'), await cloud.customer());
      await visit.notice('knew the account');
      await visit.signOut();

      visit.user = cloud.newUser('rosa');
      const invoices = ['1', '2'].map((nth) => ({ invoiceNumber: `R-${nth}`, balanceDue: `4${nth}.50` }));
      visit.accountNumber = await cloud.customer({ registered: visit.user, invoices });
      await visit.register(visit.user, visit.accountNumber);
      await visit.notice('registered at Invoice Cloud already');
      await visit.signOut();
    },
  },
  {
    title: 'User access: a wrong password stays outside, the right one signs in to both',
    async run(visit) {
      const { stage, page } = visit;
      await visit.open('/');
      await stage.look();
      stage.watch.expect(/status of 422/);
      await visit.signIn({ ...visit.signedIn, password: 'not-the-right-one' });
      await seen(page.getByRole('alert'));
      await visit.signIn(visit.signedIn);
      await visit.notice('Signed in to Invoice Cloud');
      await seen(page.getByRole('cell', { name: '$84.00' }));
      await stage.look();
    },
  },
  {
    title: 'Registered user’s payment: a bill is paid in the frame',
    async run(visit) {
      const { stage, frame } = visit;
      await visit.tab('Bills', 'Your bills');
      const review = frame.getByRole('button', { name: 'Review and pay' });
      const color = await styleOf(review, 'backgroundColor');
      expect(color === 'rgb(10, 93, 87)', `CSSUrl does not dress the frame: its button is ${color}`);
      await stage.look();
      await frame.getByLabel('Pay invoice R-2').uncheck();
      await frame.getByRole('button', { name: 'Review and pay' }).click();
      await typeCard(frame);
      await stage.look();
      await frame.getByRole('button', { name: 'by card' }).click();
      await paid(frame, '$41.50');
      await stage.look();
      await frame.getByRole('link', { name: /^Return to/ }).click();
      await seen(frame.getByRole('heading', { name: 'Your bills' }));
      await seen(frame.getByRole('heading', { name: 'Paid', exact: true }));
    },
  },
  {
    title: 'Payment methods are stored and removed',
    async run(visit) {
      const { stage, frame } = visit;
      await visit.tab('Payment methods', 'Payment methods');
      await stage.look();
      await typeCard(frame);
      await frame.getByRole('button', { name: 'Store the card' }).click();
      await seen(frame.getByText('Visa ending in 1112 is stored.'));
      await frame.getByLabel('Routing number').fill('999999999');
      await frame.getByLabel('Account number').fill('000123456789');
      await frame.getByRole('button', { name: 'Store the bank account' }).click();
      await seen(frame.getByText('Bank account ending in 6789 is stored.'));
      await frame.locator('form', { hasText: 'ending in 6789' }).getByRole('button', { name: 'Remove' }).click();
      await seen(frame.getByText('Bank account ending in 6789 is removed.'));
    },
  },
  {
    title: 'Scheduled payments: one is made, and canceled',
    async run(visit) {
      const { stage, frame } = visit;
      await visit.tab('Scheduled payments', 'Scheduled payments');
      await frame.getByRole('button', { name: 'Schedule', exact: true }).click();
      await seen(frame.getByText('A payment is scheduled for'));
      await stage.look();
      await frame.getByRole('button', { name: 'Cancel the payment' }).click();
      await seen(frame.getByText('The scheduled payment is canceled.'));
    },
  },
  {
    title: 'Paperless',
    async run(visit) {
      await visit.tab('Paperless', 'Paperless billing');
      await visit.frame.getByRole('button', { name: 'Go paperless' }).click();
      await seen(visit.frame.getByText('is now paperless'));
      await visit.stage.look();
    },
  },
  {
    title: 'AutoPay',
    async run(visit) {
      await visit.tab('AutoPay', 'AutoPay');
      await visit.stage.look();
      await visit.frame.getByRole('button', { name: 'Enroll in AutoPay' }).click();
      await seen(visit.frame.getByText('is enrolled in AutoPay'));
    },
  },
  {
    title: 'Signing out in the frame leads back to My360, by the return page',
    async run(visit) {
      const { page, frame, stage } = visit;
      const returned = page.waitForResponse((response) => response.url().includes('/return/'));
      await frame.getByRole('link', { name: 'Sign out and Return to My360', exact: true }).click();
      expect((await returned).status() === 200, 'the return page was not shown');
      await page.waitForURL(`${stage.facts.my360.portalUrl}/accounts`);
      await seen(page.getByRole('heading', { name: 'Your accounts' }));
    },
  },
  ...credentials,
  {
    title: 'Manage accounts: one is linked and removed; the primary one takes all',
    async run(visit) {
      const { page, cloud, stage } = visit;
      const free = await cloud.customer();
      await visit.open('/accounts');
      await page.getByLabel('Account number').fill('no such account');
      await visit.press('Link');
      await visit.notice('Invoice Cloud does not know this account');
      await page.getByLabel('Account number').fill(free);
      await visit.press('Link');
      await visit.notice(`Account ${free} is linked.`);
      await stage.look();
      await visit.press(`Remove: account ${free}`);
      await visit.notice(`Removed: ${free}.`);
      await visit.press(`Remove, with all linked: account ${visit.accountNumber}`);
      await visit.notice(`Removed: ${visit.accountNumber}.`);
      await seen(page.getByRole('alert'));
      await visit.signOut();
    },
  },
  {
    title: 'Unregistered user’s payment: in the frame, and back by the return page',
    async run(visit) {
      const { page, frame, stage } = visit;
      await payAsGuest(visit);
      await frame.getByRole('link', { name: /^Return to/ }).click();
      await seen(page.getByText('Paid', { exact: true }));
      await seen(page.getByText(/signature verified at \d\d:\d\d:\d\d/));
      await stage.look();
    },
  },
  {
    title: 'Where nobody listens to the return page, its link leaves the frame',
    async run(visit) {
      const { page, frame, stage } = visit;
      await page.route('**/portal.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
      await payAsGuest(visit);
      await frame.getByRole('link', { name: /^Return to/ }).click();
      const leave = frame.getByRole('link', { name: /^Continue to localhost/ });
      await seen(leave);
      await stage.look();
      await leave.click();
      await seen(page.getByText(/signature verified at \d\d:\d\d:\d\d/));
      await page.unroute('**/portal.js');
    },
  },
  {
    title: 'Where Invoice Cloud takes the whole window for the ReturnURL, the payer comes back too',
    async run(visit) {
      const { page, frame, cloud } = visit;
      await cloud.setBiller({ returnInFrame: false });
      try {
        await payAsGuest(visit);
        await frame.getByRole('link', { name: /^Return to/ }).click();
        await seen(page.getByRole('heading', { name: 'Your payment' }));
        await seen(page.getByText(/signature verified at \d\d:\d\d:\d\d/));
      } finally {
        await cloud.setBiller({ returnInFrame: true });
      }
    },
  },
  demoPeople,
];

async function payAsGuest({ page, frame, stage }: My360Visit): Promise<void> {
  await page.goto(`${stage.facts.my360.portalUrl}/pay`);
  await stage.look();
  await page.getByRole('button', { name: 'Go to payment' }).click();
  await typeCard(frame);
  await stage.look();
  await frame.getByRole('button', { name: 'by card' }).click();
  await paid(frame, '$18.50');
}
