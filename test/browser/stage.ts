import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, BrowserContextOptions, FrameLocator, Locator, Page } from 'playwright-core';
import type { LocalFacts } from '../../local/facts.js';
import type { Step } from '../../local/story.js';
import { checkAccessibility } from './accessibility.js';
import { Watch } from './watch.js';

export interface Device {
  readonly name: 'desktop' | 'phone';
  readonly browser: BrowserContextOptions;
}

export const DEVICES: readonly Device[] = [
  { name: 'desktop', browser: { viewport: { width: 1280, height: 800 }, locale: 'en-US' } },
  {
    name: 'phone',
    browser: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'en-US' },
  },
];

/** Small enough for a README, and still to be read in it. */
const PICTURE: Readonly<Record<Device['name'], { readonly width: number; readonly height: number }>> = {
  desktop: { width: 980, height: 640 },
  phone: { width: 390, height: 720 },
};

/** Longer than any page takes on a busy machine, and shorter than anybody waits. Milliseconds. */
const PATIENCE = 30_000;

export interface RunOptions {
  readonly device: Device;
  /** Whether pages are checked for accessibility; once per device is enough. */
  readonly axe: boolean;
  /** Where pictures for the README go; undefined: none are taken. */
  readonly images: string | undefined;
}

/** What the stories of one run share: a browser as one payer has it, and what watches over it. */
export class BrowserStage {
  private constructor(
    readonly facts: LocalFacts,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly watch: Watch,
    private readonly options: RunOptions,
  ) {}

  static async open(context: BrowserContext, facts: LocalFacts, options: RunOptions): Promise<BrowserStage> {
    context.setDefaultTimeout(PATIENCE);
    const watch = await Watch.over(context);
    return new BrowserStage(facts, context, await context.newPage(), watch, options);
  }

  /** Every step ends with a look at what the browser complained of. */
  guarded<Context>(step: Step<Context>): Step<Context> {
    return {
      title: step.title,
      run: async (context) => {
        try {
          const details = await step.run(context);
          this.watch.check();
          return details;
        } catch (error) {
          throw new Error(`${(error as Error).message}\n${this.watch.said()}at “${await this.heading()}”`);
        }
      },
    };
  }

  /** Looks at the page as it stands now: accessible, and not wider than the screen. */
  async look(page: Page = this.page): Promise<void> {
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    if (overflow > 1) throw new Error(`“${await page.title()}” is ${overflow} pixels wider than the screen`);
    if (this.options.axe) await checkAccessibility(page);
  }

  /** The same by day and by night, for pages that have both; the colours of the night do not depend on the device. */
  async lookTwice(page: Page = this.page): Promise<void> {
    await this.look(page);
    if (!this.options.axe || this.options.device.name !== 'desktop') return;
    await page.emulateMedia({ colorScheme: 'dark' });
    await this.look(page);
    await page.emulateMedia({ colorScheme: null });
  }

  /** A picture for the README, where the run takes them. */
  async picture(name: string, device: Device['name'] = 'desktop', page: Page = this.page): Promise<void> {
    if (this.options.images === undefined || device !== this.options.device.name) return;
    await mkdir(this.options.images, { recursive: true });
    const path = join(this.options.images, `${name}.jpg`);
    const before = page.viewportSize();
    await page.setViewportSize(PICTURE[device]);
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path, type: 'jpeg', quality: 55, animations: 'disabled' });
    if (before) await page.setViewportSize(before);
  }

  /** What opens in a window of its own. */
  async popup(open: () => Promise<unknown>): Promise<Page> {
    const [page] = await Promise.all([this.page.waitForEvent('popup'), open()]);
    return page;
  }

  /** A story that broke off may leave windows behind, over the page of the next one. */
  async tidy(): Promise<void> {
    for (const page of this.context.pages()) if (page !== this.page) await page.close();
  }

  /** Where a story broke off. */
  private async heading(): Promise<string> {
    const headings = await Promise.all(
      this.page.frames().map((frame) =>
        frame
          .locator('h1')
          .first()
          .textContent({ timeout: 500 })
          .catch(() => 'no heading'),
      ),
    );
    return headings.join(' / ');
  }

  get frame(): FrameLocator {
    return this.page.frameLocator('iframe');
  }
}

/** Waits until it can be seen. */
export const seen = (locator: Locator): Promise<void> => locator.first().waitFor({ state: 'visible' });

/** What of a page's own names these tests use. */
interface InPage {
  getComputedStyle(element: unknown): Readonly<Record<string, string | undefined>>;
  readonly document: { readonly activeElement: unknown };
}

/** A property of how it looks, as the browser has computed it. */
export function styleOf(locator: Locator, property: string): Promise<string> {
  const read = (element: unknown, name: string) =>
    (globalThis as unknown as InPage).getComputedStyle(element)[name] ?? '';
  return locator.evaluate(read, property);
}

export function hasFocus(locator: Locator): Promise<boolean> {
  return locator.evaluate((element: unknown) => element === (globalThis as unknown as InPage).document.activeElement);
}

/** Types a test card into whatever page or frame asks for one. */
export async function typeCard(where: Page | FrameLocator, number = '4111 1111 1111 1112'): Promise<void> {
  await where.getByLabel('Card number').fill(number);
  await where.getByLabel('Expires').fill('12/39');
  await where.getByLabel('Security code').fill('123');
}

/** Waits for the receipt. */
export async function paid(where: Page | FrameLocator, amount: string): Promise<void> {
  await seen(where.getByRole('heading', { name: 'Thank you, your payment is made' }));
  await seen(where.getByRole('status').filter({ hasText: amount }));
}
