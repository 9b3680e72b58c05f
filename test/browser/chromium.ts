import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** The setting of a profile, as its owner makes it: block none, or those of other sites. */
const COOKIE_CONTROLS = { allowed: 0, blocked: 1 } as const;

/**
 * A browser with a profile of its own. Windows that share a browser would be private ones, in which Chromium blocks
 * third-party cookies always; and of its switches for a day without them, none has an effect (version 150).
 */
export async function launchChromium(
  executablePath: string,
  cookies: keyof typeof COOKIE_CONTROLS,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'billbridge-browser-'));
  await mkdir(join(profile, 'Default'));
  const preferences = { profile: { cookie_controls_mode: COOKIE_CONTROLS[cookies] } };
  await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, { ...options, executablePath });
  context.once('close', () => void rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined));
  return context;
}
