import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../figures.js';
import { Connection } from './connection.js';
import type { Job, JobResult } from './job.js';
import { compile } from './template.js';

/** Requests of an open loop that are under way at once, at most. */
const OPEN_LOOP_CONNECTIONS = 64;

/** What has come back so far. */
class Tally {
  readonly latencies: number[] = [];
  wrong = 0;
  firstWrong: string | undefined;

  constructor(
    private readonly request: (n: number) => string,
    private readonly expect: number,
  ) {}

  /** @param since when the request was due, by performance.now() */
  async exchange(connection: Connection, n: number, since: number): Promise<void> {
    try {
      const { status, body } = await connection.send(this.request(n));
      this.latencies.push(performance.now() - since);
      if (status !== this.expect) this.note(`${status} ${body.toString('utf8').slice(0, 300)}`);
    } catch (error) {
      this.note(String(error));
    }
  }

  private note(what: string): void {
    this.wrong += 1;
    this.firstWrong ??= what;
  }
}

export async function runJob(job: Job): Promise<JobResult> {
  const { ports, pace, template, expect } = job;
  const count = pace.kind === 'closed' ? pace.connections : OPEN_LOOP_CONNECTIONS;
  const connections = Array.from({ length: count }, (_, i) => new Connection(ports[i % ports.length] ?? 0));
  await Promise.all(connections.map((connection) => connection.open()));
  const tally = new Tally(compile(template, '127.0.0.1'), expect);
  const began = performance.now();
  try {
    const { sent, times } =
      pace.kind === 'closed'
        ? await closedLoop(connections, tally, job.from, pace)
        : await openLoop(connections, tally, job.from, pace);
    const seconds = (performance.now() - began) / 1000;
    const sorted = tally.latencies.sort((a, b) => a - b);
    return {
      sent,
      perSecond: sent / seconds,
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      wrong: tally.wrong,
      ...(tally.firstWrong !== undefined && { firstWrong: tally.firstWrong }),
      ...(job.keepTimes && { times }),
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

interface Sent {
  readonly sent: number;
  readonly times: readonly number[];
}

async function closedLoop(
  connections: readonly Connection[],
  tally: Tally,
  from: number,
  { seconds, most = Infinity }: { readonly seconds: number; readonly most?: number },
): Promise<Sent> {
  let sent = 0;
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    connections.map(async (connection) => {
      for (let now = performance.now(); now < end && sent < most; now = performance.now()) {
        const n = from + sent;
        sent += 1;
        times.push(performance.timeOrigin + now);
        await tally.exchange(connection, n, now);
      }
    }),
  );
  return { sent, times };
}

async function openLoop(
  connections: readonly Connection[],
  tally: Tally,
  from: number,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Sent> {
  const total = Math.round(perSecond * seconds);
  const free = [...connections];
  const waiting: { n: number; due: number }[] = [];
  const times: number[] = [];
  const began = performance.now();
  const under = new Set<Promise<void>>();
  const begin = (): void => {
    while (waiting.length > 0 && free.length > 0) {
      const [next, connection] = [waiting.shift(), free.pop()];
      if (!next || !connection) return;
      const exchange = tally.exchange(connection, from + next.n, next.due).finally(() => {
        under.delete(exchange);
        free.push(connection);
        begin();
      });
      under.add(exchange);
    }
  };
  for (let n = 0; n < total;) {
    const now = performance.now();
    for (; n < total && began + (n * 1000) / perSecond <= now; n += 1) {
      const due = began + (n * 1000) / perSecond;
      times.push(performance.timeOrigin + due);
      waiting.push({ n, due });
    }
    begin();
    await sleep(1);
  }
  while (under.size > 0 || waiting.length > 0) await Promise.race(under);
  return { sent: total, times };
}
