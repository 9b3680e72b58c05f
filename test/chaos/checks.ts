interface Check {
  readonly chapter: string;
  readonly what: string;
  readonly found: string;
  /** Undefined: a figure, not a check. */
  readonly passed: boolean | undefined;
  readonly details: readonly string[];
}

const DETAILS_SHOWN = 5;

/** What was checked and what was found; printed as a table at the end. */
export class Checks {
  private readonly all: Check[] = [];
  private readonly sums = new Map<string, number>();

  constructor(private readonly print: (line: string) => void) {}

  /** @param details what is wrong, one thing a line; the first few are shown */
  add(chapter: string, what: string, passed: boolean, found: string | number, details: readonly string[] = []): void {
    this.all.push({ chapter, what, found: String(found), passed, details });
    if (passed) return;
    this.print(`  FAILED ${what}: ${found}`);
    for (const detail of details.slice(0, DETAILS_SHOWN)) this.print(`         ${detail}`);
  }

  /** A check that a list of wrong things is empty. */
  none(chapter: string, what: string, wrong: readonly string[]): void {
    this.add(chapter, what, wrong.length === 0, wrong.length, wrong);
  }

  /** A figure that nothing depends on. */
  figure(chapter: string, what: string, found: string | number): void {
    this.all.push({ chapter, what, found: String(found), passed: undefined, details: [] });
  }

  /** Adds to a number that `total` tells at the end. */
  count(name: string, times: number): void {
    this.sums.set(name, this.total(name) + times);
  }

  total(name: string): number {
    return this.sums.get(name) ?? 0;
  }

  get failed(): readonly Check[] {
    return this.all.filter(({ passed }) => passed === false);
  }

  get passed(): number {
    return this.all.filter(({ passed }) => passed === true).length;
  }

  table(): string {
    const mark = ({ passed }: Check) => (passed === undefined ? '' : passed ? 'ok' : 'FAILED');
    const rows = [
      ['chapter', 'what', 'found', ''],
      ...this.all.map((check, index) => [
        check.chapter === this.all[index - 1]?.chapter ? '' : check.chapter,
        check.what,
        check.found,
        mark(check),
      ]),
    ];
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    return rows
      .map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }
}
