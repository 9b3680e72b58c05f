import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Frame, Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** axe, the shorter form of it: it goes to every page anew, and that takes longer than the look. */
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** Nothing is fetched, for the pages' policies forbid it; each frame is looked at by itself. */
const RUN = `axe.run(document, { iframes: false, preload: false, resultTypes: ['violations'] })
  .then(({ violations }) => violations)`;

/** @throws Error naming the rules that a page or one of its frames breaks, and where */
export async function checkAccessibility(page: Page): Promise<void> {
  const found: string[] = [];
  for (const frame of page.frames()) {
    if (!frame.url().startsWith('http')) continue;
    for (const { id, help, nodes } of await violationsOf(frame)) {
      found.push(
        `${id}: ${help} (${nodes
          .map(({ target }) => target.join(' '))
          .slice(0, 3)
          .join('; ')})`,
      );
    }
  }
  if (found.length > 0) throw new Error(`not accessible: “${await page.title()}”\n${found.join('\n')}`);
}

async function violationsOf(frame: Frame): Promise<Violation[]> {
  // By the debugger's own evaluation, which no policy of the page stops.
  await frame.evaluate(AXE);
  return frame.evaluate<Violation[]>(RUN);
}
