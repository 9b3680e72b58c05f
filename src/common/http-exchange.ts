import type { Dispatcher } from 'undici';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body is longer than was to be read; what is here is its beginning, and the connection was ended. */
  readonly cut: boolean;
}

/** The request certainly never left: there was no connection, or not in time. The cause says why. */
export class NeverSent extends Error {
  constructor(override readonly cause: unknown) {
    super('never sent', { cause });
  }
}

/**
 * One request and its whole answer. Redirects are not followed: a credential goes to the address that was configured and to no other.
 * By undici's `dispatch`: each of its `request`s leaves 3 KiB behind until a collection of the whole heap (measured; why, see `late`).
 *
 * @param deadline of the whole exchange, the body's reading included; a request that has no connection by then is not sent
 * @param mostBytes of a body that are read
 * @throws NeverSent, the deadline's reason, and whatever breaks a connection
 */
export const exchangeOver = (
  dispatcher: Dispatcher,
  request: HttpRequest,
  deadline: AbortSignal,
  mostBytes: number,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const url = URL.parse(request.url);
    if (!url) return reject(new NeverSent(new TypeError('not a URL')));
    if (deadline.aborted) return reject(new NeverSent(deadline.reason));
    const { method, headers, body } = request;
    const handler = new Reading(deadline, mostBytes, resolve, reject);
    dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, handler);
  });

const EMPTY = Buffer.alloc(0);

class Reading implements Dispatcher.DispatchHandler {
  private sent = false;
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: HttpAnswer['headers'] = {};
  private readonly chunks: Buffer[] = [];
  private length = 0;
  private readonly late: () => void;

  constructor(
    private readonly deadline: AbortSignal,
    private readonly mostBytes: number,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    // undici looks for it only once there is a connection, and all of them may be taken.
    const late = () => {
      const reason = deadline.reason as Error;
      this.failed(reason);
      this.controller?.abort(reason);
    };
    // By way of a name: V8 allocates a function that is written right of `this.x =` as old, and then whatever it sees stays until
    // a collection of the whole heap.
    this.late = late;
    deadline.addEventListener('abort', late, { once: true });
  }

  /** Its first byte is about to be written. Until then, whatever goes wrong, nobody has seen it. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.deadline.aborted) return controller.abort(this.deadline.reason as Error);
    this.sent = true;
    this.controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    // 1xx: the answer is still to come.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.length += chunk.length;
    this.chunks.push(chunk);
    if (this.length <= this.mostBytes) return;
    this.answered(true);
    controller.abort(new Error('enough was read'));
  }

  onResponseEnd(): void {
    this.answered(false);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: unknown): void {
    this.failed(error);
  }

  private answered(cut: boolean): void {
    this.deadline.removeEventListener('abort', this.late);
    const { status, headers, chunks, mostBytes } = this;
    const [only = EMPTY] = chunks;
    const whole = chunks.length > 1 ? Buffer.concat(chunks) : only;
    this.resolve({ status, headers, body: cut ? whole.subarray(0, mostBytes) : whole, cut });
  }

  private failed(error: unknown): void {
    this.deadline.removeEventListener('abort', this.late);
    this.reject(this.sent ? error : new NeverSent(error));
  }
}
