import { isOwnFault } from './postgres-errors.js';

/** More at once would make one statement long, and others wait for it. */
const MOST = 64;
/** As long as a connection is waited for (`connectTimeoutMS`): whoever has waited longer is not begun any more. */
const PATIENCE_MS = 5_000;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Work of many requests done by one statement: one round trip, one commit and one flush for all that came while the batch
 * before was under way. Who comes alone waits for nobody.
 */
export class Batches<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private looking = false;

  /**
   * @param work does all or nothing, in one statement, and answers in the order of the items
   * @param atOnce batches under way at the same time, each on a connection of its own
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly atOnce = 1,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, since: performance.now(), resolve, reject });
      if (this.looking || this.underWay >= this.atOnce) return;
      this.looking = true;
      // After the present turn of the event loop, so that what it brings goes together.
      setImmediate(() => {
        this.looking = false;
        this.begin();
      });
    });
  }

  /** Begins as many batches as may be under way. */
  private begin(): void {
    while (this.underWay < this.atOnce) {
      this.refuseLate();
      const batch = this.waiting.splice(0, MOST);
      if (batch.length === 0) return;
      this.underWay += 1;
      void this.run(batch);
    }
  }

  /**
   * A database that does not answer would otherwise leave a queue behind, and once it is back all would be done for callers who
   * have left long ago. Nothing was begun for these, so that it is the error of a connection that was not had.
   */
  private refuseLate(): void {
    const begun = performance.now() - PATIENCE_MS;
    const late = this.waiting.findIndex(({ since }) => since > begun);
    for (const { reject } of this.waiting.splice(0, late < 0 ? this.waiting.length : late)) {
      reject(new Error('timeout exceeded when trying to connect'));
    }
  }

  /** The next batch goes before this one's callers are told, so that the database works on while they are answered. */
  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    let results: readonly Result[];
    try {
      results = await this.work(batch.map(({ item }) => item));
    } catch (error) {
      this.end();
      // PostgreSQL has undone it and says so: each alone, so that one item's fault is its own. Where nobody knows whether it
      // was done (a lost connection), every one is told so.
      if (batch.length > 1 && isOwnFault(error)) for (const one of batch) void this.alone(one);
      else for (const { reject } of batch) reject(error);
      return;
    }
    this.end();
    for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
  }

  private end(): void {
    this.underWay -= 1;
    this.begin();
  }

  /** Beside the batches: nobody waits for it but its own caller. */
  private alone({ item, resolve, reject }: Waiting<Item, Result>): Promise<void> {
    return this.work([item]).then(([result]) => resolve(result), reject);
  }
}
