import { nextStep } from '../../src/cloud-pay/earlier.js';
import { type Beat, Heartbeat, type Said } from '../../src/spool/heartbeat.js';
import { TAKEN_AFTER_SECONDS } from '../../src/spool/lease.js';

/**
 * Several processes, each with a spool, and one database, as a game of single steps: no file, no connection, no clock but `now`.
 * What a process decides is decided by the platform's own objects (`Heartbeat` with its `Lease` and `Waiting`, `nextStep`); what the database and the
 * folder do is written here. A step that is not possible does nothing.
 */

/** What keeps the promises; each may be taken away, to see that the model finds out. */
export type Guard =
  | 'an answer waits for a mark or for the end of the promise'
  | 'the path is looked at after each append'
  | 'a promise counts from its sending'
  | 'a promise is one of this server'
  | 'an opening looks at marks'
  | 'an opening looks at promises'
  | 'a spool is taken over after a while alone'
  | 'a spool that is lost is followed by one that the database knows'
  | 'a beat is not done after a later one'
  | 'what was taken over is marked before its row goes';

export interface Message {
  readonly id: string;
  readonly subject: string;
}

interface Directory {
  readonly id: string;
  path: string;
  readonly files: Set<Message>;
}

interface Row {
  owner: number;
  seenAt: number;
  leaseUntil: number;
  /** Of the last beat. */
  beat: number;
  server: number;
}

/** A beat on its way, and what the database said once it has done it. */
interface Sent {
  readonly beat: Beat;
  readonly spool: string;
  readonly owner: number;
  said?: Said;
}

interface Pending {
  readonly message: Message;
  checked: boolean;
}

interface Adoption {
  readonly id: string;
  stage: 'claimed' | 'renamed' | 'copied';
  directory: Directory | undefined;
}

class Process {
  heart = new Heartbeat<Message>();
  pending: Pending[] = [];
  sent: Sent | undefined;
  adoption: Adoption | undefined;
  /** How the spools of others stood when it looked, and since when they have not changed. */
  readonly watched = new Map<string, { readonly seen: string; readonly since: number }>();
  reachable = true;

  constructor(
    readonly number: number,
    public directory: Directory,
    public path: string,
  ) {}

  get waiting() {
    return this.heart.waiting;
  }

  get lease() {
    return this.heart.lease;
  }
}

export class SpoolWorld {
  now = 1_000_000;
  private readonly rows = new Map<string, Row>();
  private readonly marks = new Set<string>();
  private readonly recorded = new Set<Message>();
  private readonly folder = new Map<string, Directory>();
  private readonly answered = new Set<Message>();
  private readonly processes: Process[] = [];
  /** Statements of which their senders know nothing any more. The server may still do them. */
  private strays: { readonly server: number; readonly run: () => void; readonly registers?: string | undefined }[] = [];
  private server = 1;
  private ahead = 0;
  private made = 0;
  /** By invoice. */
  private readonly payments: string[][] = [['0.0'], ['1.0', '1.1']];
  openings = 0;
  readonly refusals = new Map<string, number>();

  constructor(private readonly without?: Guard) {
    for (let n = 0; n < 3; n += 1) this.start(n);
  }

  private has(guard: Guard): boolean {
    return this.without !== guard;
  }

  private get databaseNow(): number {
    return this.now + this.ahead;
  }

  private newDirectory(): Directory {
    const id = `s${(this.made += 1)}`;
    const directory = { id, path: id, files: new Set<Message>() };
    this.folder.set(id, directory);
    return directory;
  }

  start(n: number): void {
    if (this.processes[n]) return;
    const directory = this.newDirectory();
    this.processes[n] = new Process((this.made += 1), directory, directory.path);
  }

  kill(n: number): void {
    const process = this.processes[n];
    if (process?.sent) this.stray(process.sent);
    this.processes.splice(n, 1, undefined as unknown as Process);
  }

  wait(ms: number): void {
    this.now += ms;
  }

  reach(n: number, reachable: boolean): void {
    const process = this.processes[n];
    if (process) process.reachable = reachable;
  }

  /** The database goes on elsewhere, with another clock. What was under way at the old server is not done any more. */
  failOver(ahead: number): void {
    this.server += 1;
    this.ahead += ahead;
    this.strays = [];
  }

  /** A PostBack comes. @param fate what becomes of the try to record it */
  arrive(n: number, invoice: number, nth: number, fate: 'recorded' | 'answer lost' | 'refused' | 'late'): void {
    const process = this.processes[n];
    const payments = this.payments[invoice] ?? [];
    const subject = payments[nth % payments.length];
    if (!process || subject === undefined) return;
    const message = { id: `m${String((this.made += 1)).padStart(6, '0')}`, subject };
    if (process.reachable && !process.waiting.has(subject)) {
      if (fate === 'late') this.strays.push({ server: this.server, run: () => void this.recorded.add(message) });
      else if (fate !== 'refused') this.recorded.add(message);
      if (fate === 'recorded') {
        this.answered.add(message);
        return;
      }
    }
    this.append(process, message);
    process.pending.push({ message, checked: false });
  }

  private append(process: Process, message: Message): void {
    process.directory.files.add(message);
    process.waiting.add(message);
  }

  private isLost({ path, directory }: Process): boolean {
    return this.folder.get(path) !== directory;
  }

  /** Its spool is another's now: who is not answered yet goes to a new one. */
  private lose(process: Process): void {
    const known = !this.has('a spool that is lost is followed by one that the database knows');
    process.directory = this.newDirectory();
    process.path = process.directory.path;
    process.heart = new Heartbeat<Message>();
    if (known) process.lease.confirm(this.now);
    process.adoption = undefined;
    if (process.sent) this.stray(process.sent);
    process.sent = undefined;
    for (const pending of process.pending) {
      pending.checked = false;
      this.append(process, pending.message);
    }
  }

  /** One step further with whoever waits for an answer. */
  answer(n: number): void {
    const process = this.processes[n];
    if (!process) return;
    if (process.pending.some(({ checked }) => !checked)) {
      if (this.has('the path is looked at after each append') && this.isLost(process)) this.lose(process);
      else for (const pending of process.pending) pending.checked = true;
      return;
    }
    const safe = ({ message }: Pending): boolean =>
      !this.has('an answer waits for a mark or for the end of the promise') ||
      process.waiting.isMarked(message.subject) ||
      // Replayed since.
      this.recorded.has(message) ||
      process.lease.lapsed(this.now);
    for (const pending of process.pending.filter(safe)) this.answered.add(pending.message);
    process.pending = process.pending.filter((pending) => !safe(pending));
  }

  /** The first beat on a connection asks for the time and promises nothing. */
  send(n: number): void {
    const process = this.processes[n];
    if (!process || process.sent || !process.reachable) return;
    // Its directory may be gone without a word of it: taken over, emptied, and its row deleted.
    if (this.isLost(process)) this.lose(process);
    const beat = process.heart.next(this.now);
    const counts = this.has('a promise counts from its sending');
    if (!counts && beat.server) process.lease.promise(-Infinity, { now: beat.server, server: beat.server, at: 0 });
    process.sent = { beat, spool: process.directory.id, owner: process.number };
  }

  /** The database does what a process has sent; the answer is on its way. */
  commit(n: number): void {
    const process = this.processes[n];
    if (process?.reachable && process.sent && !process.sent.said) process.sent.said = this.done(process.sent);
  }

  private done({ spool, owner, beat }: Sent): Said {
    const found = this.rows.get(spool);
    const row = found ? (found.owner === owner ? 'ours' : 'other') : beat.registers ? 'ours' : 'none';
    const said = { row, now: new Date(this.databaseNow), server: new Date(this.server) } as const;
    if (row !== 'ours') return said;
    if (found && found.beat >= beat.number && this.has('a beat is not done after a later one')) return said;
    const same = beat.server?.getTime() === this.server || !this.has('a promise is one of this server');
    const leaseUntil = beat.until && same ? beat.until.getTime() : -Infinity;
    this.rows.set(spool, { owner, seenAt: this.databaseNow, leaseUntil, beat: beat.number, server: this.server });
    for (const subject of beat.changes.unmarked) this.marks.delete(`${spool} ${subject}`);
    for (const subject of beat.changes.marked) this.marks.add(`${spool} ${subject}`);
    return said;
  }

  /** @param lost the answer does not arrive; what was not done yet may still be */
  hear(n: number, lost: boolean): void {
    const process = this.processes[n];
    const sent = process?.sent;
    if (!process || !sent || (!lost && !sent.said)) return;
    process.sent = undefined;
    if (lost || !sent.said) {
      this.stray(sent);
      process.heart.givenUp();
      return;
    }
    const row = process.heart.heard(sent.beat, sent.said, this.now);
    if (row === 'other' || (row === 'none' && this.isLost(process))) this.lose(process);
  }

  private stray(sent: Sent): void {
    if (sent.said) return;
    const registers = sent.beat.registers ? sent.spool : undefined;
    this.strays.push({ server: this.server, run: () => void this.done(sent), registers });
  }

  /** Something that its sender has given up is done after all. */
  late(nth: number): void {
    const [stray] = this.strays.splice(nth % Math.max(this.strays.length, 1), 1);
    if (stray?.server === this.server) stray.run();
  }

  /** One step of a takeover: claim, rename, copy, forget. */
  takeOver(n: number, nth: number): void {
    const process = this.processes[n];
    if (!process?.reachable) return;
    this.watch(process);
    const { adoption } = process;
    if (!adoption) this.claim(process, nth);
    else if (adoption.stage === 'claimed') this.rename(process, adoption);
    else if (adoption.stage === 'renamed') this.copy(process, adoption);
    else this.forget(process, adoption);
  }

  /** By its own clock alone: that of the database may be another one since it was looked at. */
  private watch(process: Process): void {
    for (const { id } of this.folder.values()) {
      const row = this.rows.get(id);
      const seen = `${row?.owner} ${row?.beat}`;
      if (process.watched.get(id)?.seen !== seen) process.watched.set(id, { seen, since: this.now });
    }
  }

  private claim(process: Process, nth: number): void {
    const others = [...this.folder.values()].filter(({ id }) => id !== process.directory.id);
    const directory = others[nth % Math.max(others.length, 1)];
    if (!directory) return;
    const row = this.rows.get(directory.id);
    const after = this.has('a spool is taken over after a while alone') ? TAKEN_AFTER_SECONDS * 1000 : 0;
    if (this.now < (process.watched.get(directory.id)?.since ?? this.now) + after) return;
    // A directory without a row is that of a database that was restored, or of a process that died before it was registered.
    // Who lives shows it in the folder; and a row that is being made is waited for.
    if (!row && this.processes.some((one) => one?.directory === directory)) return;
    this.strays = this.strays.filter(({ registers }) => registers !== directory.id);
    const claimed = {
      owner: process.number,
      seenAt: this.databaseNow,
      leaseUntil: -Infinity,
      beat: 0,
      server: this.server,
    };
    this.rows.set(directory.id, { ...(row ?? claimed), owner: process.number, seenAt: this.databaseNow });
    process.adoption = { id: directory.id, stage: 'claimed', directory: undefined };
  }

  private rename(process: Process, adoption: Adoption): void {
    const directory = [...this.folder.values()].find(({ id }) => id === adoption.id);
    if (directory) {
      this.folder.delete(directory.path);
      directory.path = `${directory.id}~${process.number}`;
      this.folder.set(directory.path, directory);
    }
    adoption.directory = directory;
    adoption.stage = 'renamed';
  }

  private copy(process: Process, adoption: Adoption): void {
    const { directory } = adoption;
    // What else the other one writes there it does not answer.
    for (const message of directory?.files ?? []) this.append(process, message);
    if (this.isLost(process)) this.lose(process);
    else adoption.stage = 'copied';
  }

  private forget(process: Process, adoption: Adoption): void {
    const { directory, id } = adoption;
    const open = [...(directory?.files ?? [])].some(
      ({ subject }) => process.waiting.has(subject) && !process.waiting.isMarked(subject),
    );
    if (open && this.has('what was taken over is marked before its row goes')) return;
    process.adoption = undefined;
    if (this.isLost(process)) return this.lose(process);
    const row = this.rows.get(id);
    if (row && row.owner !== process.number) return;
    this.rows.delete(id);
    for (const mark of this.marks) if (mark.startsWith(`${id} `)) this.marks.delete(mark);
    if (directory && this.folder.get(directory.path) === directory) this.folder.delete(directory.path);
  }

  /** @param fate what becomes of each message that may go */
  replay(n: number, fate: 'recorded' | 'answer lost' | 'refused'): void {
    const process = this.processes[n];
    if (!process?.reachable || !process.lease.mayReplay(this.now)) return;
    for (const entry of process.waiting.take(this.now, 2)) {
      const owner = this.rows.get(process.directory.id)?.owner;
      if (owner !== undefined && owner !== process.number) throw new Error('two replay one spool');
      if (fate !== 'refused') this.recorded.add(entry);
      if (fate === 'recorded') {
        process.waiting.done(entry);
        process.directory.files.delete(entry);
      } else process.waiting.notDone(entry, this.now);
    }
  }

  /** Somebody wants to pay an invoice. */
  open(n: number, invoice: number): void {
    const payments = this.payments[invoice];
    if (!this.processes[n]?.reachable || !payments) return;
    const marked = (id: string): boolean => [...this.marks].some((mark) => mark.endsWith(` ${id}`));
    const paid = payments.find((id) => [...this.recorded].some(({ subject }) => subject === id));
    const silent = [...this.rows.values()].some(
      ({ leaseUntil, server }) =>
        leaseUntil <= this.databaseNow || (server !== this.server && this.has('a promise is one of this server')),
    );
    const step = nextStep({
      id: paid ?? payments.at(-1) ?? '',
      status: paid === undefined ? 'open' : 'paid',
      sameTerms: false,
      pageLives: false,
      abandoned: false,
      beingRecorded: (this.has('an opening looks at marks') && payments.find(marked)) || null,
      uncertain: silent && this.has('an opening looks at promises'),
    });
    this.refusals.set(step, (this.refusals.get(step) ?? 0) + 1);
    if (step !== 'new-page') return;
    const lost = [...this.answered].find((one) => payments.includes(one.subject) && !this.recorded.has(one));
    if (lost) throw new Error(`${invoice} is opened anew, and ${lost.id} was answered`);
    this.openings += 1;
    payments.push(`${invoice}.${payments.length}`);
  }

  /** Nothing that was answered 2xx is lost: it is recorded, or stands in a file that is there. */
  check(): void {
    const kept = new Set([...this.folder.values()].flatMap(({ files }) => [...files]));
    for (const message of this.answered) {
      if (!this.recorded.has(message) && !kept.has(message)) throw new Error(`${message.id} is lost`);
    }
  }

  /** Everything is there again, and everybody does his work. @throws Error when anything is left over */
  settle(): void {
    this.strays = [];
    for (let n = 0; n < 3; n += 1) {
      this.start(n);
      this.reach(n, true);
    }
    for (let round = 0; round < 200 && (round < 4 || this.isUnsettled()); round += 1) {
      this.wait(1_000);
      for (let n = 0; n < 3; n += 1) {
        this.send(n);
        this.commit(n);
        this.hear(n, !this.processes[n]?.sent?.said);
        for (let step = 0; step < 2; step += 1) this.answer(n);
        this.replay(n, 'recorded');
        this.takeOver(n, round);
      }
      this.check();
    }
    if (this.processes.some(({ pending }) => pending.length > 0)) throw new Error('somebody waits for an answer');
    const left = [...this.answered].filter((message) => !this.recorded.has(message));
    if (left.length > 0) throw new Error(`${left.length} are not recorded`);
    if (this.marks.size > 0) throw new Error(`marks are left: ${[...this.marks].join(', ')}`);
    if (this.folder.size !== 3 || this.rows.size !== 3) throw new Error('spools are left of processes that are gone');
  }

  private isUnsettled(): boolean {
    const waits = this.processes.some((one) => one.pending.length > 0 || one.waiting.size > 0 || one.adoption);
    return waits || this.marks.size > 0 || this.folder.size !== 3 || this.rows.size !== 3;
  }
}
