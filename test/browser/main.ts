import { resolve } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { startOwnPlatform } from '../../local/platform.js';
import { expect, tell, type Outcome, type Step } from '../../local/story.js';
import { findChromium, launchChromium } from './chromium.js';
import { thirdPartyCookieKept } from './cookie-probe.js';
import { hostedStory } from './hosted-story.js';
import { keyboardStory } from './keyboard-story.js';
import { leadsOnlineStory, LeadsOnlineVisit } from './leadsonline-story.js';
import { my360Story } from './my360-story.js';
import { My360Visit } from './my360-visit.js';
import { sandboxStory } from './sandbox-story.js';
import { SandboxVisit } from './sandbox-visit.js';
import { BrowserStage, DEVICES, type RunOptions } from './stage.js';

/**
 * What `npm run test:browser` runs: both portals, clicked through in Chromium as payers do, on a desktop and on a phone, with
 * third-party cookies allowed and blocked. `--screenshots` renews the pictures of the README.
 */
const executable = findChromium();
if (executable === undefined) {
  console.log(
    'Browser tests need Chromium: install it (Debian: apt-get install chromium), or say CHROMIUM=/path/to/it.',
  );
  console.log('Browser: 0 steps passed, 0 failed. Skipped: there is no Chromium.');
  process.exit(0);
}
const images = process.argv.includes('--screenshots') ? resolve('docs/images') : undefined;

let stop: () => Promise<void> = () => Promise.resolve();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    void stop().then(() => process.exit(1));
  });
}

const outcomes: Outcome[] = [];
try {
  const { facts } = await startOwnPlatform((how) => (stop = how));
  for (const cookies of ['allowed', 'blocked'] as const) {
    for (const device of DEVICES) {
      const first = cookies === 'allowed';
      const options: RunOptions = { device, axe: first, images: first ? images : undefined };
      const title = `${device.name}, third-party cookies ${cookies}`;
      const browser = await launchChromium(executable, cookies, device.browser);
      try {
        const stage = await BrowserStage.open(browser, facts, options);
        const run = async <Visit>(name: string, story: readonly Step<Visit>[], visit: Visit): Promise<void> => {
          const steps = story.map((step) => stage.guarded(step));
          outcomes.push(await tell(`${name}, ${title}`, steps, visit, () => !interrupted));
          await stage.tidy();
        };
        await run('The browser', [probe(cookies)], browser);
        await run('LeadsOnline', leadsOnlineStory, new LeadsOnlineVisit(stage));
        await run('My360', my360Story, new My360Visit(stage));
        // Without a frame of another site, cookies of third parties change nothing.
        if (!first) continue;
        await run('The hosted page and the sandbox', [...hostedStory, ...sandboxStory], new SandboxVisit(stage));
        if (device.name === 'desktop') await run('Keyboard alone', keyboardStory, stage);
      } finally {
        await browser.close();
      }
    }
  }
} catch (error) {
  if (!interrupted) console.log(`✗ ${error instanceof Error ? error.message : String(error)}`);
  outcomes.push({ passed: 0, failed: 1 });
}
await stop();

const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
const failed = sum((outcome) => outcome.failed);
console.log(`\nBrowser: ${sum((outcome) => outcome.passed)} steps passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function probe(cookies: 'allowed' | 'blocked'): Step<BrowserContext> {
  return {
    title: `a page in a frame of another site ${cookies === 'allowed' ? 'keeps' : 'keeps no'} cookie`,
    async run(context) {
      const kept = await thirdPartyCookieKept(context);
      expect(kept === (cookies === 'allowed'), `the cookie is ${kept ? 'kept' : 'gone'}: cookies are not ${cookies}`);
    },
  };
}
