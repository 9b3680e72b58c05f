/**
 * Asks again until the answer is neither undefined nor false.
 * @throws Error after the deadline, with what was waited for and what the last try threw
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  let last: unknown;
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs / 1000} s: ${what}`, { cause: last });
    await new Promise((done) => setTimeout(done, 40));
  }
}
