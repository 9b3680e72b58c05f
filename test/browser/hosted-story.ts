import { expect, type Step } from '../../local/story.js';
import type { SandboxVisit } from './sandbox-visit.js';
import { seen, styleOf, typeCard } from './stage.js';

const ALL_OPTIONS = {
  AllowSwipe: true,
  AllowEMV: true,
  EMVDeviceID: 'Counter 3',
  EMVLocationID: 'Harbor office',
  CashierName: 'Casey',
  PageResultOptions: {
    AllowRegisterAccount: true,
    InvoiceOptions: { AllowViewStatement: true, AllowRemove: true, AllowViewRelated: true, AllowRemindMe: true },
  },
};

/** The hosted page in its variants, as the sandbox alone shows it. */
export const hostedStory: readonly Step<SandboxVisit>[] = [
  {
    title: 'The hosted page offers all that a request allowed: statement, related, reminder, register, remove',
    async run(visit) {
      const { page, stage } = visit;
      await visit.begin();
      await visit.hosted(ALL_OPTIONS, [
        { BalanceDue: 12.5, TypeID: 39, InvoiceDate: '4/17/2030', DueDate: '5/17/2030' },
        { BalanceDue: 30, AllowPartialPayments: true, MinimumAmountDue: 5 },
      ]);
      await seen(page.getByText('$45.50'));
      await stage.lookTwice();

      for (const [link, heading] of [
        ['View Statement', /^Statement of invoice/],
        ['View Related', 'Related invoices'],
      ] as const) {
        await page.getByRole('link', { name: link }).first().click();
        await seen(page.getByRole('heading', { name: heading }));
        await stage.lookTwice();
        await page.getByRole('link', { name: 'Back to the cart' }).click();
      }
      await page.getByRole('link', { name: 'Remind Me' }).first().click();
      await seen(page.getByRole('heading', { name: 'Remind me' }));
      await stage.lookTwice();
      await visit.press('Remind me');
      await seen(page.getByRole('status').filter({ hasText: 'goes to jane@example.com' }));

      await page.getByRole('link', { name: 'Register' }).click();
      await stage.lookTwice();
      stage.watch.expect(/status of 422/);
      await page.getByLabel('Password', { exact: true }).fill('harbor-lights');
      await page.getByLabel('Password again').fill('harbor-light');
      await visit.press('Register');
      await seen(page.getByRole('alert').filter({ hasText: 'differ' }));
      await page.getByLabel('Password', { exact: true }).fill('harbor-lights');
      await page.getByLabel('Password again').fill('harbor-lights');
      await page.getByLabel('Email address').fill(`${visit.billerGuid.slice(0, 8)}@example.com`);
      await visit.press('Register');
      await seen(page.getByRole('status').filter({ hasText: 'You are registered' }));

      await page.getByRole('button', { name: 'Remove' }).first().click();
      await seen(page.getByText('was removed from the cart'));
      await stage.lookTwice();
      await visit.press('Put it back');
      await seen(page.getByText('$45.50'));
    },
  },
  {
    title: 'A part is paid by bank account, the rest by chip card, with amounts and fees on the receipt',
    async run(visit) {
      const { page, stage } = visit;
      await page.locator('summary', { hasText: 'Bank account' }).click();
      const form = page.getByRole('form', { name: 'Pay by bank account' });
      await form.getByLabel('Routing number').fill('999999999');
      await form.getByLabel('Account number').fill('000123456789');
      await form.getByLabel('Amount to pay').fill('4.99');
      stage.watch.expect(/status of 422/);
      await form.getByRole('button').click();
      await seen(page.getByRole('alert'));
      await stage.lookTwice();
      await form.getByLabel('Routing number').fill('999999999');
      await form.getByLabel('Account number').fill('000123456789');
      await form.getByLabel('Amount to pay').fill('5.00');
      await form.getByRole('button').click();
      await seen(page.getByText('Still due: $25.00'));
      await seen(page.getByText('$20.50'));
      await stage.lookTwice();

      await page.getByRole('link', { name: 'Pay more' }).click();
      await page.locator('summary', { hasText: 'Insert or tap a card' }).click();
      const reader = page.getByRole('form', { name: 'Pay by chip card' });
      for (const shown of ['Counter 3', 'Harbor office', 'Casey']) await seen(reader.getByText(shown));
      await stage.lookTwice();
      await reader.getByRole('button', { name: 'Visa …1112' }).click();
      await seen(page.getByText('Visa, by its chip'));
      await seen(page.getByText('You can close this window now.'));
      expect((await page.getByText('Still due').count()) === 0, 'something is still due');
      await stage.lookTwice();
    },
  },
  {
    title: 'It offers nothing that was not allowed, and says where there is no way to pay',
    async run(visit) {
      const { page, stage } = visit;
      await visit.hosted({ ViewMode: 1, AllowACHPayment: false });
      await seen(page.getByRole('button', { name: 'Pay $14.00 by card' }));
      for (const absent of ['View Statement', 'View Related', 'Remind Me', 'Remove', 'Register']) {
        expect((await page.getByText(absent, { exact: true }).count()) === 0, `“${absent}” is there`);
      }
      expect((await page.locator('.method').count()) === 1, 'there is another way to pay');
      expect((await page.getByRole('banner').count()) === 0, 'a page for an iframe has a header');
      await stage.lookTwice();
      await visit.hosted({ AllowCCPayment: false, AllowACHPayment: false });
      await seen(page.getByText('Neither cards nor bank accounts are taken'));
      await stage.lookTwice();
    },
  },
  {
    title: 'CssUrl dresses the page; one that may not be loaded is left out, and the page says so',
    async run(visit) {
      const { page, stage } = visit;
      const color = () => styleOf(page.getByRole('button', { name: 'by card' }), 'backgroundColor');
      await visit.hosted({ CssUrl: `${visit.url}/_sandbox/themes/example.css` });
      expect((await color()) === 'rgb(47, 107, 47)', `the button is ${await color()}`);
      await stage.lookTwice();
      await visit.hosted({ CssUrl: 'http://css.example/theme.css' });
      expect((await color()) === 'rgb(11, 92, 122)', `the button is ${await color()}`);
      await seen(page.getByText('CssUrl was left out'));
      await stage.look();
    },
  },
  {
    title: 'The receipt leads to the ReturnURL; a page that was paid, expired or never was says so',
    async run(visit) {
      const { page, stage } = visit;
      const ReturnURL = `${visit.url}/mailbox?back=1`;
      const url = await visit.paymentUrl({ ReturnURL });
      await page.goto(url);
      await typeCard(page);
      await page.getByRole('button', { name: 'by card' }).click();
      await page.getByRole('link', { name: 'Return to Sampleton Harbor' }).click();
      await page.waitForURL(ReturnURL);
      await page.goto(url);
      await seen(page.getByText('This invoice is already paid.'));
      await stage.lookTwice();

      const late = await visit.paymentUrl({});
      await fetch(`${visit.url}/_sandbox/billers/${visit.billerGuid}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ pageSeconds: 60 }),
      });
      const soon = await visit.paymentUrl({});
      await visit.menu();
      await visit.press('1 hour on');
      await seen(page.getByRole('status').filter({ hasText: 'an hour further' }));
      stage.watch.expect(/status of (?:410|404)/);
      await page.goto(soon);
      await seen(page.getByRole('heading', { name: 'This payment page has expired' }));
      await stage.lookTwice();
      await page.goto(late);
      await seen(page.getByRole('heading', { name: 'Review and pay' }));
      await page.goto(`${visit.url}/portal/cloudpay/never-was`);
      await seen(page.getByRole('heading', { name: 'Page not found' }));
      await stage.lookTwice();
    },
  },
];
