import type { Page } from 'playwright-core';
import { expect, type Step } from '../../local/story.js';
import { seen } from './stage.js';
import type { My360Visit } from './my360-visit.js';

/** E-mail address and password: the two ways in which they are kept in step with Invoice Cloud. */
export const credentials: readonly Step<My360Visit>[] = [
  {
    title: 'Update of the e-mail address and password, at once where Invoice Cloud has the same',
    async run(visit) {
      const changed = visit.cloud.newUser('rosa');
      await change(visit, { email: changed.email, password: changed.password });
      await visit.notice('Changed, here and at Invoice Cloud.');
      visit.user = changed;
      await visit.signOut();
      await visit.signIn(changed);
      await visit.notice('Signed in to Invoice Cloud');
    },
  },
  {
    title: 'Update of the password by the user’s approval, where Invoice Cloud has another',
    async run(visit) {
      const { cloud, page, stage, accountNumber, signedIn } = visit;
      // Somebody changed it at Invoice Cloud, past My360.
      const elsewhere = cloud.newUser('rosa').password;
      const body = { accountNumber, ...signedIn, newPassword: elsewhere };
      const { status } = await cloud.ask<{ status: string }>(200, 'POST', '/sso/credential-changes', body);
      expect(status === 'applied', `Invoice Cloud's password is ${status}`);

      const changed = { ...signedIn, password: cloud.newUser('rosa').password };
      await change(visit, { password: changed.password });
      await seen(page.getByText('so a mail went to the address that it has'));
      await stage.look();
      await stage.picture('my360-approval');

      const mail = await stage.popup(() => page.getByRole('link', { name: 'The demo’s mailbox' }).click());
      await mail.waitForLoadState();
      await stage.look(mail);
      await approve(visit, mail, signedIn.email);
      visit.user = changed;
      await visit.signOut();
      await visit.signIn(changed);
      await visit.notice('Signed in to Invoice Cloud');
    },
  },
  {
    title: 'Where Invoice Cloud knows the user by another address, it takes over this one, after the approval',
    async run(visit) {
      const { cloud, page, stage, signedIn } = visit;
      await visit.signOut();
      const [here, elsewhere] = [cloud.newUser('dora'), cloud.newUser('dora')];
      await visit.register(here, await cloud.customer({ registered: elsewhere }));
      await seen(page.getByRole('alert'));
      await page.getByRole('link', { name: 'Settings' }).first().click();
      await page.getByLabel('Current password').fill(here.password);
      await visit.press('Change');
      const mail = await stage.popup(() => page.getByRole('link', { name: 'The demo’s mailbox' }).click());
      await approve(visit, mail, elsewhere.email);
      await visit.signOut();
      await visit.signIn(here);
      await visit.notice('Signed in to Invoice Cloud');
      await visit.signOut();
      await visit.signIn(signedIn);
      await visit.notice('Signed in to Invoice Cloud');
    },
  },
];

async function approve({ cloud, page, stage }: My360Visit, mail: Page, address: string): Promise<void> {
  const { text } = await cloud.mailTo(address);
  await mail.goto(/https?:\/\/\S+\/approvals\/\S+/.exec(text)?.[0] ?? '');
  await stage.look(mail);
  await mail.getByRole('button', { name: 'Approve the change' }).click();
  await seen(mail.getByRole('heading', { name: 'The change is made' }));
  await mail.close();
  await seen(page.getByText('You approved it'));
}

/** The sandbox's own personas, whom a newcomer clicks first. */
export const demoPeople: Step<My360Visit> = {
  title: 'The demo’s people sign in with one click, and the portal says what hinders them',
  async run(visit) {
    const { page, stage } = visit;
    await visit.open('/');
    await visit.press('Sign in as Rosa');
    await visit.notice('Welcome, Rosa Winterbourne');
    await visit.tab('Bills', 'Your bills');
    await stage.picture('my360-bills');
    await stage.picture('my360-phone', 'phone');
    await visit.signOut();
    await visit.press('Sign in as Theo');
    await seen(page.getByRole('cell', { name: '36050007' }));
    await visit.signOut();
    for (const name of ['Dora', 'Lena']) {
      await visit.press(`Sign in as ${name}`);
      await seen(page.getByRole('alert'));
      await visit.open('/pages/recent-bills');
      await seen(page.getByRole('link', { name: 'Settings' }));
      await stage.look();
      await visit.signOut();
    }
  },
};

async function change(
  visit: My360Visit,
  wanted: { readonly email?: string; readonly password?: string },
): Promise<void> {
  const { page } = visit;
  await visit.open('/settings');
  if (wanted.email !== undefined) await page.getByLabel('New e-mail address').fill(wanted.email);
  if (wanted.password !== undefined) await page.getByLabel('New password').fill(wanted.password);
  await page.getByLabel('Current password').fill(visit.signedIn.password);
  await visit.press('Change');
}
