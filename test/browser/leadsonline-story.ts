import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Locator, Page } from 'playwright-core';
import { eventually, expect, type Step } from '../../local/story.js';
import { BrowserStage, paid, seen, typeCard } from './stage.js';

const DECLINED = '4000 0000 0000 9996';

export class LeadsOnlineVisit {
  /** The invoice of the story, and the window with its payment page. */
  number = '';
  window: Page | undefined;

  constructor(readonly stage: BrowserStage) {}

  get page(): Page {
    return this.stage.page;
  }

  get url(): string {
    return this.stage.facts.leadsonline.portalUrl;
  }

  row(number = this.number): Locator {
    return this.page.locator(`tr[data-invoice="${number}"]`);
  }

  async purchase(number: string): Promise<Page> {
    const window = await this.stage.popup(() => this.row(number).getByRole('button').click());
    await seen(window.getByRole('heading', { name: 'Review and pay' }));
    return window;
  }

  /** The first that is still unpaid. */
  async unpaid(): Promise<string> {
    const row = this.page.locator('tr[data-invoice]', { hasText: 'Unpaid' }).first();
    return (await row.getAttribute('data-invoice')) ?? '';
  }

  /** By the fault menu's API, of the biller whom the sandbox has for this portal. */
  async spoilNextOpening(): Promise<void> {
    const { sandboxUrl } = this.stage.facts;
    const answer = await fetch(`${sandboxUrl}/_sandbox/billers`);
    const { billers } = (await answer.json()) as { billers: readonly { billerGuid: string; name: string }[] };
    const guid = billers.find(({ name }) => name.includes('LeadsOnline'))?.billerGuid;
    const { status } = await fetch(`${sandboxUrl}/_sandbox/billers/${guid}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ operation: 'cloud-payments', kind: 'status', status: 401 }),
    });
    expect(status === 201, `the fault was answered ${status}`);
  }

  /** What anybody might post to the portal. @returns the status answered */
  async post(body: string, headers: Record<string, string>): Promise<number> {
    const { status } = await fetch(`${this.url}/billbridge/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
    return status;
  }
}

export const leadsOnlineStory: readonly Step<LeadsOnlineVisit>[] = [
  {
    title: 'A newcomer opens the first address and finds both portals',
    async run({ stage, page, url }) {
      await page.goto(`${url}/start`);
      await seen(page.getByRole('link', { name: 'Open My360' }));
      await stage.look();
      await page.getByRole('link', { name: 'Open LeadsOnline' }).click();
      await seen(page.getByRole('heading', { name: 'Purchase E-Tickets' }));
      await stage.look();
    },
  },
  {
    title: 'Purchase E-Tickets opens the hosted page in a window',
    async run(visit) {
      const { stage, page } = visit;
      // Runs share the portal, and pay what is there.
      for (let count = 0; count < 5; count += 1) {
        await page.getByRole('button', { name: 'Add another invoice' }).click();
      }
      visit.number = await visit.unpaid();
      visit.window = await visit.purchase(visit.number);
      await stage.look(visit.window);
      await stage.picture('leadsonline-hosted-page', 'desktop', visit.window);
      await seen(visit.row().getByText('Page open, nothing told yet'));
    },
  },
  {
    title: 'A declined card is told by the relay, and the payer may try again',
    async run(visit) {
      const { stage, window } = visit;
      expect(window, 'there is no window');
      stage.watch.expect(/status of 402/);
      await typeCard(window, DECLINED);
      await window.getByRole('button', { name: 'by card' }).click();
      await seen(window.getByRole('alert'));
      await seen(visit.row().getByText('Declined'));
      await stage.look(window);
    },
  },
  {
    title: 'The payer pays, sees the receipt, goes back: the window closes, and the relay says it is paid',
    async run(visit) {
      const { stage, window } = visit;
      expect(window, 'there is no window');
      await typeCard(window);
      await window.getByRole('button', { name: 'by card' }).click();
      const back = window.getByRole('link', { name: /^Return to/ });
      await seen(back);
      await stage.look(window);
      await Promise.all([window.waitForEvent('close'), back.click()]);
      await seen(visit.row().getByText(/signature verified at \d\d:\d\d:\d\d/));
      await seen(visit.row().getByText('Paid', { exact: true }));
      await stage.look();
      await stage.picture('leadsonline-paid');
      await stage.picture('leadsonline-phone', 'phone');
    },
  },
  {
    title: 'A window that is closed tells nothing: unpaid stays unpaid, and what was paid is paid',
    async run(visit) {
      const number = await visit.unpaid();
      const window = await visit.purchase(number);
      await window.close();
      await seen(visit.row(number).getByText('Page open, nothing told yet'));
      // The same invoice, the same page: no second one to pay on.
      const again = await visit.purchase(number);
      await typeCard(again);
      await again.getByRole('button', { name: 'by card' }).click();
      await paid(again, '$');
      await again.close();
      await seen(visit.row(number).getByText('Paid', { exact: true }));
    },
  },
  {
    title: 'Where Invoice Cloud refuses, the window says so, and the next try opens the page',
    async run(visit) {
      const { stage, page } = visit;
      await visit.spoilNextOpening();
      const number = await visit.unpaid();
      const window = await stage.popup(() => visit.row(number).getByRole('button').click());
      await seen(window.getByRole('heading', { name: 'The payment page could not be opened' }));
      await seen(window.getByRole('alert'));
      await stage.look(window);
      await window.close();
      await seen(visit.row(number).getByText('Unpaid'));
      await (await visit.purchase(number)).close();
      stage.watch.expect(/status of 404/);
      await page.goto(`${visit.url}/nowhere`);
      await seen(page.getByRole('heading', { name: 'Not found' }));
      await stage.look();
      await page.getByRole('link', { name: 'LeadsOnline' }).click();
      await seen(page.getByRole('heading', { name: 'Purchase E-Tickets' }));
    },
  },
  {
    title: 'A payer who is back before the portal looked again finds the window closed too',
    async run(visit) {
      const { stage, page } = visit;
      stage.watch.expect(/ERR_FAILED/);
      await page.route('**/invoices', (route) => route.abort());
      const number = await visit.unpaid();
      const window = await visit.purchase(number);
      await typeCard(window);
      await window.getByRole('button', { name: 'by card' }).click();
      const back = window.getByRole('link', { name: /^Return to/ });
      await seen(back);
      await page.unroute('**/invoices');
      await Promise.all([window.waitForEvent('close'), back.click()]);
      await seen(visit.row(number).getByText('Paid', { exact: true }));
    },
  },
  {
    title: 'A forged message is refused, a repeat dropped, and nobody’s word but the relay’s makes an invoice paid',
    async run(visit) {
      const { stage, page } = visit;
      const number = await visit.unpaid();
      const body = new URLSearchParams({ InvoiceNumber: number, Approved: 'True', PaymentAmount: '4.75' }).toString();
      const id = randomUUID();
      const at = new Date();
      const signed = (secret: string) => ({
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, at, body),
      });
      const forged = signed(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
      expect((await visit.post(body, forged)) === 401, 'a forged message was taken');
      expect((await visit.post(body, {})) === 401, 'an unsigned message was taken');
      await seen(page.getByText('refused: the signature is wrong'));
      await seen(visit.row(number).getByText('Unpaid'));
      // A window that is not the platform's says that the payer is back; the portal has heard it before our own listener does.
      const news = await page.evaluate<string>(`new Promise((done) => {
        const news = document.getElementById('news');
        news.textContent = '';
        addEventListener('message', () => done(news.textContent), { once: true });
        const { payment } = document.querySelector('[data-payment]:not([data-payment=""])').dataset;
        postMessage({ type: 'billbridge:return', paymentId: payment }, '*');
      })`);
      expect(news === '', `anybody can say that the payer is back: “${news}”`);

      const { webhookSecret } = stage.facts.leadsonline;
      expect((await visit.post(body, signed(webhookSecret))) === 204, 'the relay’s message was refused');
      expect((await visit.post(body, signed(webhookSecret))) === 204, 'a repeat was not answered 2xx');
      await seen(page.getByText('dropped: had it already'));
      await eventually(
        'it is paid',
        async () => (await visit.row(number).getByText('Paid', { exact: true }).count()) || undefined,
      );
    },
  },
];
