import type { Locator, Page } from 'playwright-core';
import { expect, type Step } from '../../local/story.js';
import { LeadsOnlineVisit } from './leadsonline-story.js';
import { hasFocus, seen, styleOf, type BrowserStage } from './stage.js';

const MOST_STOPS = 80;

/** Both stories without a mouse: every stop of the way is reached by Tab, and can be seen. */
export const keyboardStory: readonly Step<BrowserStage>[] = [
  {
    title: 'LeadsOnline: an invoice is paid in the window, and the window closed',
    async run(stage) {
      const { page } = stage;
      const visit = new LeadsOnlineVisit(stage);
      await page.goto(visit.url);
      await page.keyboard.press('Tab');
      await seen(page.getByRole('link', { name: 'Skip to the content' }));
      await tabTo(page, page.getByRole('button', { name: 'Add another invoice' }));
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      const number = await visit.unpaid();
      await tabTo(page, visit.row(number).getByRole('button'));
      const window = await stage.popup(() => page.keyboard.press('Enter'));
      await seen(window.getByRole('heading', { name: 'Review and pay' }));
      await typeCardByKeys(window, window.getByLabel('Card number'));
      const back = window.getByRole('link', { name: /^Return to/ });
      await seen(back);
      await tabTo(window, back);
      await Promise.all([window.waitForEvent('close'), window.keyboard.press('Enter')]);
      await seen(visit.row(number).getByText('Paid', { exact: true }));
    },
  },
  {
    title: 'My360: sign-in, a way to pay is chosen in the frame, and back to the portal',
    async run(stage) {
      const { page, frame, facts } = stage;
      await page.goto(facts.my360.portalUrl);
      await tabTo(page, page.getByLabel('E-mail address'));
      await page.keyboard.type('theo@example.com');
      await page.keyboard.press('Tab');
      await page.keyboard.type('Theo-has-three-5');
      await page.keyboard.press('Enter');
      await seen(page.getByRole('heading', { name: 'Your accounts' }));
      await tabTo(page, page.getByRole('link', { name: 'Bills', exact: true }));
      await page.keyboard.press('Enter');
      const review = frame.getByRole('button', { name: 'Review and pay' });
      await seen(review);
      await tabTo(page, review);
      await page.keyboard.press('Enter');
      const bank = frame.locator('summary', { hasText: 'Bank account' });
      await seen(bank);
      await tabTo(page, bank);
      await page.keyboard.press('Enter');
      await tabTo(page, frame.getByLabel('Routing number'));
      await tabTo(page, page.getByRole('link', { name: 'Accounts', exact: true }));
      await page.keyboard.press('Enter');
      await seen(page.getByRole('heading', { name: 'Your accounts' }));
      await tabTo(page, page.getByRole('button', { name: 'Sign out' }));
      await page.keyboard.press('Enter');
      await seen(page.getByRole('heading', { name: 'Sign in', exact: true }));
    },
  },
];

/** Presses Tab until the element has the focus, and looks whether a person would see where it is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    if (await hasFocus(target)) {
      const outline = await styleOf(target, 'outlineStyle');
      expect(outline !== 'none', `the focus on ${String(target)} can't be seen`);
      return;
    }
  }
  throw new Error(`${String(target)} is not reached by the keyboard`);
}

async function typeCardByKeys(page: Page, number: Locator): Promise<void> {
  await tabTo(page, number);
  for (const typed of ['4111111111111112', '1239', '123']) {
    await page.keyboard.type(typed);
    if (typed !== '123') await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
}
