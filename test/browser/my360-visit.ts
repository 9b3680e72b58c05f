import type { FrameLocator, Page } from 'playwright-core';
import { My360Context, type User } from '../../local/my360-context.js';
import { expect } from '../../local/story.js';
import { BrowserStage, seen } from './stage.js';

/** What the My360 stories hand on to each other. */
export class My360Visit {
  /** Steers the sandbox: customers that Invoice Cloud has before a story begins. */
  readonly cloud: My360Context;
  user: User | undefined;
  accountNumber = '';

  constructor(readonly stage: BrowserStage) {
    this.cloud = new My360Context(stage.facts);
  }

  get page(): Page {
    return this.stage.page;
  }

  get frame(): FrameLocator {
    return this.stage.frame;
  }

  open(path: string): Promise<unknown> {
    return this.page.goto(this.stage.facts.my360.portalUrl + path);
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  async register(user: User, accountNumber: string): Promise<void> {
    await this.open('/register');
    await this.page.getByLabel('Name').fill('Rosa Winterbourne');
    await this.page.getByLabel('E-mail address').fill(user.email);
    await this.page.getByLabel('Password').fill(user.password);
    await this.page.getByLabel('Account number').fill(accountNumber);
    await this.press('Register');
    await seen(this.page.getByRole('heading', { name: 'Your accounts' }));
  }

  async signIn({ email, password }: User): Promise<void> {
    await this.open('/');
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.press('Sign in');
  }

  async signOut(): Promise<void> {
    await this.press('Sign out');
    await seen(this.page.getByRole('heading', { name: 'Sign in', exact: true }));
  }

  /** By the tab, and waits until Invoice Cloud's page stands in the frame. */
  async tab(label: string, heading: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'My360' }).getByRole('link', { name: label, exact: true }).click();
    await seen(this.frame.getByRole('heading', { name: heading, exact: true }));
  }

  async notice(text: string | RegExp): Promise<void> {
    await seen(this.page.getByRole('status').filter({ hasText: text }));
  }

  get signedIn(): User {
    expect(this.user, 'nobody is registered');
    return this.user;
  }
}
