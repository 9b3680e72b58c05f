import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core';

const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The system's Chromium, or the one that `CHROMIUM` names; nothing is downloaded. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM']?.trim();
  return (named ? [named] : USUAL).find((path) => existsSync(path));
}

/**
 * A browser with a profile of its own. Contexts of a shared one are private windows, in which Chromium blocks third-party
 * cookies always. Blocking otherwise is Chromium's own, for its day without them.
 */
export async function launchChromium(
  executablePath: string,
  cookies: 'allowed' | 'blocked',
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'billbridge-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...options,
    executablePath,
    args: cookies === 'blocked' ? ['--test-third-party-cookie-phaseout'] : [],
  });
  context.once('close', () => void rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined));
  return context;
}
