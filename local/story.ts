/** One step of a story that the demo tells. Returns what is worth showing beneath it; throws when it did not happen. */
export interface Step<Context> {
  readonly title: string;
  run(context: Context): Promise<readonly string[] | void>;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const WIDTH = 76;

/** Runs the steps in order and prints each with its time. A step builds on those before it, so the first failure ends the story. */
export async function tell<Context>(
  title: string,
  steps: readonly Step<Context>[],
  context: Context,
  carryOn: () => boolean,
): Promise<Outcome> {
  console.log(`\n${title}\n`);
  let passed = 0;
  for (const [index, step] of steps.entries()) {
    if (!carryOn()) break;
    const began = performance.now();
    try {
      const details = await step.run(context);
      const name = `${String(index + 1).padStart(2)}  ${step.title} `;
      const time = `${Math.round(performance.now() - began)} ms`;
      console.log(`✓${name}${'…'.repeat(Math.max(WIDTH - name.length - time.length, 3))}  ${time}`);
      for (const detail of details ?? []) console.log(`       ${detail}`);
      passed += 1;
    } catch (error) {
      console.log(`✗${String(index + 1).padStart(2)}  ${step.title}`);
      console.log(`       ${explain(error).replaceAll('\n', '\n       ')}`);
      for (const { title: missed } of steps.slice(index + 1)) console.log(`·     not reached: ${missed}`);
      break;
    }
  }
  return { passed, failed: steps.length - passed };
}

/** @throws Error saying what was expected, unless the condition holds */
export function expect(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Asks again until there is an answer. @throws Error after the deadline, saying what was waited for */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`waited 15 s, and still not: ${what}`);
}

/** A hosted page's address is a bearer link: whoever has it can open the page. */
export function shorten(url: string): string {
  const { origin, pathname } = new URL(url);
  const start = pathname.slice(0, pathname.lastIndexOf('/') + 5);
  return `${origin}${start}…`;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : '';
  return error.message + cause;
}
