/**
 * How far this process has walked through the endpoints of those partners that have more of them than one claim looks at.
 * In memory: a process that starts anew begins every round anew.
 */
export class Rounds {
  private reached: ReadonlyMap<string, string> = new Map();
  /** Partners whose round has ended since something was last found: all that have one, and there is nothing to find now. */
  private readonly ended = new Set<string>();
  /** Whether a round is under way that has not come to its end yet. */
  more = false;

  /** The partners, and the endpoints behind which the next claim goes on, in the same order. */
  partners(): Iterable<string> {
    return this.reached.keys();
  }

  endpoints(): Iterable<string> {
    return this.reached.values();
  }

  /**
   * @param cut partners of which not every endpoint was looked at, and the last one that was
   * @param found whether something was claimed
   */
  went(cut: Readonly<Record<string, string>>, found: boolean): void {
    const now = new Map(Object.entries(cut));
    if (found) this.ended.clear();
    for (const partnerId of this.reached.keys()) if (!now.has(partnerId)) this.ended.add(partnerId);
    this.reached = now;
    this.more = [...now.keys()].some((partnerId) => !this.ended.has(partnerId));
    if (!this.more) this.ended.clear();
  }
}
