import { runChapters } from './chapters.js';
import { Checks } from './checks.js';
import { GUARDS } from './guards.js';
import type { Options } from './options.js';
import type { Stage } from './stage.js';

/** Takes out one guard after the other: each absence must be found by its chapter, and each must really be one. */
export async function runGuards(
  options: Options,
  checks: Checks,
  print: (line: string) => void,
  onStage: (stage: Stage | undefined) => void,
): Promise<void> {
  const wanted = options.without.length > 0 ? options.without : GUARDS;
  for (const guard of wanted) {
    print(`\nWithout “${guard.name}”: ${guard.what}`);
    const found = new Checks(print);
    let stage: Stage | undefined;
    await runChapters(
      { ...options, guards: false, without: [guard], chapters: guard.foundBy },
      found,
      (line) => print(`  ${line}`),
      (made) => {
        stage = made;
        onStage(made);
      },
    )
      .catch((error: unknown) => found.add('run', 'it came to its end', false, String(error)))
      .finally(() => stage?.close());
    onStage(undefined);
    const really = found.failed.every(({ chapter }) => chapter !== 'guards' && chapter !== 'run');
    const zeros = found.failed.filter(({ chapter }) => !['guards', 'run', 'in all'].includes(chapter));
    const [first] = zeros;
    const what = zeros.map(({ what: name, found: value }) => `${name}: ${value}`).join('; ');
    checks.add(
      'guards',
      `without ${guard.name}`,
      really && first !== undefined,
      what || 'nothing was found',
      first?.details,
    );
  }
}
