/** A message that waits to be replayed. */
export interface Entry {
  /** UUIDv7 of its arrival: of one subject, the lower one goes first. */
  readonly id: string;
  /** What it is about. Messages about one subject go in order; marks name the subject. */
  readonly subject: string;
}

/** What the database is known to hold: a mark, none, or nobody knows since an answer is due or was lost. */
type Mark = 'set' | 'none' | 'unknown';

interface Subject<E> {
  readonly queue: E[];
  mark: Mark;
  /** The first of the queue is being replayed. */
  busy: boolean;
  /** Not before this is the first tried again. By `performance.now()`. */
  notBefore: number;
}

/** What one beat is to change. */
export interface MarkChanges {
  readonly marked: readonly string[];
  readonly unmarked: readonly string[];
}

/**
 * Messages of one spool in the order in which they are replayed, and which of their subjects are marked in the database. A pure
 * object: it knows no file and no database, and the model test plays it.
 */
export class Waiting<E extends Entry> {
  private readonly queued = new Map<string, Subject<E>>();
  /** Nothing waits any more, and the database may still hold their marks. */
  private readonly emptied = new Map<string, Subject<E>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  has(subject: string): boolean {
    return this.queued.has(subject);
  }

  isMarked(subject: string): boolean {
    return this.queued.get(subject)?.mark === 'set';
  }

  /** @param notBefore when it may be replayed first, if nothing waits before it. By `performance.now()`. */
  add(entry: E, notBefore = -Infinity): void {
    const subject = this.find(entry.subject) ?? { queue: [], mark: 'none', busy: false, notBefore };
    if (subject.queue.length === 0) subject.notBefore = notBefore;
    this.emptied.delete(entry.subject);
    this.queued.set(entry.subject, subject);
    // What another process left behind may be older than what came here since. The first stays where it is being replayed.
    let at = subject.queue.length;
    while (at > (subject.busy ? 1 : 0) && (subject.queue[at - 1]?.id ?? '') > entry.id) at -= 1;
    subject.queue.splice(at, 0, entry);
    this.count += 1;
  }

  /** What the next beat must change, so that the promise it carries is true. */
  changes(): MarkChanges {
    const marked: string[] = [];
    for (const [name, { mark }] of this.queued) if (mark !== 'set') marked.push(name);
    return { marked, unmarked: [...this.emptied.keys()] };
  }

  /** From now on nobody knows: the beat may be done at any moment. */
  sent({ marked, unmarked }: MarkChanges): void {
    for (const name of [...marked, ...unmarked]) this.setMark(name, 'unknown');
  }

  confirmed({ marked, unmarked }: MarkChanges): void {
    for (const name of marked) this.setMark(name, 'set');
    for (const name of unmarked) {
      this.setMark(name, 'none');
      this.emptied.delete(name);
    }
  }

  /** The connection was lost: another server may answer next, which has not all that this one had. Every mark is made anew. */
  forgetMarks(): void {
    for (const subject of this.queued.values()) if (subject.mark === 'set') subject.mark = 'unknown';
  }

  /** @returns up to `most` messages that may be replayed now, each the first of its subject; they are busy from now on */
  take(now: number, most: number): E[] {
    const taken: E[] = [];
    for (const subject of this.queued.values()) {
      if (taken.length >= most) break;
      const [first] = subject.queue;
      if (!first || subject.busy || subject.notBefore > now) continue;
      subject.busy = true;
      taken.push(first);
    }
    return taken;
  }

  /** It is recorded, or held: it waits no more. */
  done(entry: E): void {
    const subject = this.queued.get(entry.subject);
    const at = subject?.queue.indexOf(entry) ?? -1;
    if (!subject || at < 0) return;
    subject.queue.splice(at, 1);
    if (at === 0) {
      subject.busy = false;
      subject.notBefore = -Infinity;
    }
    this.count -= 1;
    if (subject.queue.length > 0) return;
    this.queued.delete(entry.subject);
    if (subject.mark !== 'none') this.emptied.set(entry.subject, subject);
  }

  /** It is not recorded, and is tried again; it holds back nobody but its own subject. */
  notDone(entry: E, notBefore: number): void {
    const subject = this.queued.get(entry.subject);
    if (subject?.queue[0] !== entry) return;
    subject.busy = false;
    subject.notBefore = notBefore;
  }

  /** All of them, of each subject in order. */
  *[Symbol.iterator](): Iterator<E> {
    for (const { queue } of this.queued.values()) yield* queue;
  }

  private setMark(name: string, mark: Mark): void {
    const subject = this.find(name);
    if (subject) subject.mark = mark;
  }

  private find(name: string): Subject<E> | undefined {
    return this.queued.get(name) ?? this.emptied.get(name);
  }
}
