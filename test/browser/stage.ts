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

/** Longer than any page takes on a busy machine, and shorter than anybody waits. Milliseconds. */
const PATIENCE = 15_000;

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

  /** A picture for the README, where the run takes them. */
  async picture(name: string, device: Device['name'] = 'desktop', page: Page = this.page): Promise<void> {
    if (this.options.images === undefined || device !== this.options.device.name) return;
    await mkdir(this.options.images, { recursive: true });
    const path = join(this.options.images, `${name}.jpg`);
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path, type: 'jpeg', quality: 68, animations: 'disabled' });
  }

  /** What opens in a window of its own. */
  async popup(open: () => Promise<unknown>): Promise<Page> {
    const [page] = await Promise.all([this.page.waitForEvent('popup'), open()]);
    return page;
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

/** Types a test card into whatever page or frame asks for one. */
export async function typeCard(where: Page | FrameLocator, number = '4111 1111 1111 1112'): Promise<void> {
  await where.getByLabel('Card number').fill(number);
  await where.getByLabel('Expires').fill('12/39');
  await where.getByLabel('Security code').fill('123');
}
