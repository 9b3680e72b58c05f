import type { DataSource } from 'typeorm';
import { isOwnFault, isUnprepared } from './postgres-errors.js';
import { Lane, type Run, run } from './prepared.js';

/** More at once would make one statement long, and others wait for it. */
const MOST = 64;
/** As long as a connection is waited for (`connectTimeoutMS`): whoever has waited longer is not begun any more. */
const PATIENCE_MS = 5_000;

/** So many on the way: what PostgreSQL is at, and what it goes to next without waiting for this process. */
const ON_THE_WAY = 2;
/** A second one for fewer would cost PostgreSQL more than it waits: a statement is 0.35 ms, each of its items 0.1 (measured). */
const LEAST_BEHIND = 4;

/**
 * A batch takes milliseconds, and waits 50 ms for a lock. One that has no answer after this holds nobody else up: its connection may
 * have fallen silent, and nobody will say so for a while.
 */
const OVERDUE_MS = 2_500;
/** So many such connections at a time: where each new one is silent too, the database is. */
const MOST_OVERDUE = 3;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Work of many requests done by one statement: one round trip, one commit and one flush for all that came while the batch
 * before was under way. Who comes alone waits for nobody. Batches go one after the other on one connection, and the next is sent
 * before the answer to the last is there.
 */
export class Batches<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private overdue = 0;
  private looking = false;
  private readonly lane: Lane;
  private readonly together: Run;
  private readonly alone: Run;

  /** @param work does all or nothing, in one statement, which it has run, and answers in the order of the items */
  constructor(
    dataSource: DataSource,
    private readonly work: (items: readonly Item[], run: Run) => Promise<readonly Result[]>,
  ) {
    this.lane = new Lane(dataSource);
    this.together = (statement, values) => this.lane.run(statement, values);
    this.alone = (statement, values) => run(dataSource, statement, values);
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, since: performance.now(), resolve, reject });
      if (this.looking || !this.mayBegin()) return;
      this.looking = true;
      // After the present turn of the event loop, so that what it brings goes together.
      setImmediate(() => {
        this.looking = false;
        this.begin();
      });
    });
  }

  private mayBegin(): boolean {
    return this.underWay === 0 || (this.underWay < ON_THE_WAY && this.waiting.length >= LEAST_BEHIND);
  }

  /** Begins as many batches as may be under way. */
  private begin(): void {
    this.refuseLate();
    while (this.mayBegin()) {
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
    const place = { overdue: false };
    const late = setTimeout(() => this.passBy(place), OVERDUE_MS);
    let results: readonly Result[];
    try {
      results = await this.work(
        batch.map(({ item }) => item),
        this.together,
      );
    } catch (error) {
      this.end(late, place.overdue);
      // PostgreSQL has undone it and says so: each alone, so that one item's fault is its own. Where nobody knows whether it
      // was done (a lost connection), every one is told so.
      if (isUnprepared(error) || (batch.length > 1 && isOwnFault(error))) for (const one of batch) void this.retry(one);
      else for (const { reject } of batch) reject(error);
      return;
    }
    this.end(late, place.overdue);
    for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
  }

  /** The others go on, on another connection. What was sent waits on: nobody knows whether it was done. */
  private passBy(place: { overdue: boolean }): void {
    if (this.overdue === MOST_OVERDUE) return;
    place.overdue = true;
    this.overdue += 1;
    this.underWay -= 1;
    this.lane.renew();
    this.begin();
  }

  private end(late: NodeJS.Timeout, overdue: boolean): void {
    clearTimeout(late);
    if (overdue) this.overdue -= 1;
    else this.underWay -= 1;
    this.begin();
  }

  /** Beside the batches, on a connection of its own: nobody waits for it but its own caller. */
  private retry({ item, resolve, reject }: Waiting<Item, Result>): Promise<void> {
    return this.work([item], this.alone).then(([result]) => resolve(result), reject);
  }
}
