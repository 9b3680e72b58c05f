/**
 * Aborts its signal when its time is over, unless it is disposed of before. `AbortSignal.timeout` can't be: its timer holds
 * whatever listens, a request with all that it carries, until the time is over, long after the answer has come.
 */
export class Deadline implements Disposable {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  /** The reason of the abort is a `TimeoutError`, as that of `AbortSignal.timeout`. */
  constructor(ms: number) {
    this.timer = setTimeout(() => this.controller.abort(new DOMException(`not within ${ms} ms`, 'TimeoutError')), ms);
    this.timer.unref();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }
}

/** @returns what the work returns, or what `late` says when it takes longer than `ms`; the work goes on */
export async function within<Result, Late = Result>(
  work: Promise<Result>,
  ms: number,
  late: () => Late | Promise<Late>,
): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<Late>((done) => {
    timer = setTimeout(() => done(late()), ms);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
