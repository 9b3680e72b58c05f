import { eventually, expect, type Step } from '../../local/story.js';
import type { SandboxVisit } from './sandbox-visit.js';
import { paid, seen, typeCard } from './stage.js';

const OPENING = 'The next opening of a page';
const POSTBACK = 'The next PostBack';

/** The sandbox's own pages: what an engineer steers it by. Builds on the hosted page's story. */
export const sandboxStory: readonly Step<SandboxVisit>[] = [
  {
    title: 'The start page says how to point an integration at it, and which numbers do what',
    async run({ page, stage, url }) {
      await page.goto(url);
      await seen(page.getByRole('region', { name: 'A Cloud Payments request to paste' }));
      for (const shown of ['FAULT-DECLINED-…', '4000 0000 0000 9996', 'Rosa Winterbourne']) {
        await seen(page.getByText(shown));
      }
      await stage.lookTwice();
      await page.getByRole('link', { name: 'Fault menu' }).first().click();
      await seen(page.getByRole('heading', { name: 'Fault menu' }));
    },
  },
  {
    title: 'The fault menu arms each fault, shows what waits, and clears it',
    async run(visit) {
      const { page, stage } = visit;
      await visit.menu();
      const armed = page.getByRole('region', { name: 'Armed' });
      for (const heading of [OPENING, POSTBACK]) {
        const labels = await page.getByRole('region', { name: heading }).getByRole('button').allTextContents();
        expect(labels.length >= 8, `${heading} has ${labels.length} faults`);
        for (const label of labels) await visit.arm(heading, label);
      }
      await page.getByLabel('Operation').selectOption('update-password');
      await page.getByLabel('Kind').selectOption('status');
      await page.getByLabel('Status').fill('503');
      await visit.press('Arm it');
      await seen(armed.getByText('update-password'));
      expect((await armed.getByRole('row').count()) === 19, `${await armed.getByRole('row').count()} rows are armed`);
      await stage.lookTwice();
      stage.watch.expect(/status of 422/);
      await page.getByLabel('Times').fill('many');
      await visit.press('Arm it');
      await seen(page.getByRole('alert').filter({ hasText: 'times must be' }));
      await visit.press('Clear all');
      await seen(armed.getByText('Nothing. Everything goes as it should.'));
    },
  },
  {
    title: 'What it was told to do, it does: 500 for one call, a PostBack twice, one with another amount',
    async run(visit) {
      const { page, stage, told } = visit;
      await visit.menu();
      await visit.arm(OPENING, '500');
      expect((await visit.ask({})).status === 500, 'the call was not answered 500');
      expect((await visit.ask({})).status === 200, 'the next call is spoiled too');

      await visit.arm(POSTBACK, 'Twice');
      told.length = 0;
      await visit.hosted({});
      await typeCard(page);
      await page.getByRole('button', { name: 'by card' }).click();
      await paid(page, '$14.00');
      await eventually('both PostBacks came', () => told.length === 2 || undefined);
      expect(told[0]?.get('PaymentGUID') === told[1]?.get('PaymentGUID'), 'the two differ');

      await visit.menu();
      const money = page.getByRole('region', { name: 'Money moved and PostBacks' });
      await money.getByRole('row').nth(1).getByRole('button', { name: 'Other amount' }).click();
      await seen(page.getByRole('status').filter({ hasText: 'answered 204' }));
      await eventually('it came', () => told[2]?.get('PaymentAmount') === '13.50' || undefined);
      await seen(page.getByRole('region', { name: 'Calls' }).getByText('500'));
      await stage.lookTwice();
    },
  },
  {
    title: 'A card or an invoice number asks for a failure without the menu',
    async run(visit) {
      const { page, told } = visit;
      expect((await visit.ask({}, [{ InvoiceNumber: 'FAULT-429-1', BalanceDue: 1 }])).status === 429, 'not 429');
      told.length = 0;
      await visit.hosted({});
      await typeCard(page, '4000 0000 0000 1007');
      await page.getByRole('button', { name: 'by card' }).click();
      await paid(page, '$14.00');
      await eventually('one dollar more is told', () => told[0]?.get('PaymentAmount') === '13.50' || undefined);
    },
  },
  {
    title: 'The Virtual Site takes a guest from an account number to a receipt',
    async run(visit) {
      const { page, stage } = visit;
      await page.goto(`${visit.url}/portal/2/Site.aspx?G=${visit.billerGuid}`);
      await stage.lookTwice();
      stage.watch.expect(/status of 422/);
      await page.getByLabel('Account number').fill('0');
      await visit.press('Find my bill');
      await seen(page.getByRole('alert').filter({ hasText: 'no account' }));
      await stage.lookTwice();
      await page.getByLabel('Account number').fill('36010001');
      await visit.press('Find my bill');
      await typeCard(page);
      await page.getByRole('button', { name: 'by card' }).click();
      await paid(page, '$63.55');
    },
  },
  {
    title: 'The mailbox has the reminder; a reset leaves nothing behind',
    async run(visit) {
      const { page, stage } = visit;
      await page.goto(`${visit.url}/mailbox`);
      await seen(page.getByText('to jane@example.com'));
      await stage.lookTwice();
      await visit.menu();
      await visit.press('Reset this biller');
      await seen(page.getByText('No payment yet.'));
      await seen(page.getByText('No call yet.'));
      await stage.lookTwice();
      visit.end();
    },
  },
];
