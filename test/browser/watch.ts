import type { BrowserContext, Page } from 'playwright-core';

const REPORT = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('CSP violation: ' + violatedDirective + ' ' + blockedURI));`;

/** Collects what went wrong in any page and frame of a context: console errors, uncaught errors, CSP violations, crashes. */
export class Watch {
  private readonly problems: string[] = [];
  private expected: RegExp[] = [];

  static async over(context: BrowserContext): Promise<Watch> {
    const watch = new Watch();
    await context.addInitScript(REPORT);
    // A demo that calls elsewhere tells others who plays with it, and breaks where there is no internet.
    await context.route(
      ({ protocol, hostname }) => protocol.startsWith('http') && !['localhost', '127.0.0.1'].includes(hostname),
      (route) => {
        watch.problems.push(`something outside is asked: ${withoutSecrets(route.request().url())}`);
        return route.abort();
      },
    );
    context.on('page', (page) => watch.follow(page));
    return watch;
  }

  /** For one step: errors that belong to the story, such as the status of a refused form. */
  expect(...problems: RegExp[]): void {
    this.expected.push(...problems);
  }

  /** @throws Error with everything since the last time that nobody expected */
  check(): void {
    const unexpected = this.problems.splice(0).filter((problem) => !this.expected.some((one) => one.test(problem)));
    this.expected = [];
    if (unexpected.length > 0) throw new Error(`the browser says:\n${[...new Set(unexpected)].join('\n')}`);
  }

  /** What is not checked yet, for the report of a step that failed. */
  said(): string {
    return [...new Set(this.problems.splice(0))].map((problem) => `the browser says: ${problem}\n`).join('');
  }

  private follow(page: Page): void {
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.problems.push(`${message.text()} (${withoutSecrets(message.location().url)})`);
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
    page.on('crash', () => this.problems.push('a page crashed'));
  }
}

/** Paths hold tickets and tokens. */
function withoutSecrets(url: string): string {
  return URL.parse(url) ? new URL(url).origin + new URL(url).pathname.replace(/[\w-]{24,}/g, '…') : '';
}
