import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { tryAsk } from '../chaos/http.js';
import { open } from '../chaos/journeys.js';
import { isTaken } from '../chaos/sandbox.js';
import { sleep } from '../chaos/time.js';
import { message, type Opened, type Surroundings, World } from '../chaos/world.js';

/** A payment whose PostBack is still to come. */
export interface Prepared {
  readonly world: World<Surroundings>;
  readonly invoiceNumber: string;
  readonly url: string;
}

/** A PostBack that was posted, once. Times are milliseconds since 1970. */
export interface Posted {
  readonly world: World<Surroundings>;
  readonly invoiceNumber: string;
  readonly paymentGuid: string;
  readonly at: number;
  readonly tookMs: number;
  /** Undefined: there was no whole answer. */
  readonly status: number | undefined;
}

const PARTNERS = 4;
const OPENED_AT_ONCE = 24;
/** How long Invoice Cloud waits for an answer is not known; browsers and proxies wait this long. */
const PATIENCE_MS = 30_000;

/** Opens payments of several partners, and learns where Invoice Cloud is to post back. */
export async function prepare(lab: Surroundings, count: number): Promise<Prepared[]> {
  const each = Math.ceil(count / PARTNERS);
  const prepared: Prepared[][] = [];
  for (let partner = 0; partner < PARTNERS; partner += 1) {
    const world = await World.create(lab);
    const opened: Opened[] = [];
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun < each) {
        begun += 1;
        opened.push(await open(world, { key: false }));
      }
    };
    await Promise.all(Array.from({ length: OPENED_AT_ONCE }, client));
    const urls = await lab.sandbox.postBackUrls(world.biller);
    prepared.push(
      opened.map(({ invoiceNumber, accountNumber }) => {
        const url = urls.get(accountNumber);
        if (url === undefined) throw new Error(`no PostBackURL of invoice ${invoiceNumber} was seen`);
        return { world, invoiceNumber, url };
      }),
    );
  }
  // One partner after the other in turn.
  return Array.from({ length: each }, (_, index) => prepared.flatMap((of) => of[index] ?? [])).flat();
}

/** PostBacks at a fixed rate, each posted once, whatever becomes of the ones before. */
export class Posting {
  private readonly agent = new Agent({ connections: 512, pipelining: 1 });
  private readonly begun = performance.now();
  private readonly posts: Promise<Posted>[] = [];
  private readonly work: Promise<void>;
  private running = true;

  constructor(
    private readonly prepared: readonly Prepared[],
    private readonly rate: number,
  ) {
    this.work = this.run();
  }

  /** Whether there were too few payments for the time that it took. */
  get ranOut(): boolean {
    return this.posts.length === this.prepared.length;
  }

  /** How many have been posted so far. */
  get count(): number {
    return this.posts.length;
  }

  /** No more are posted; those under way are waited for. */
  async stop(): Promise<Posted[]> {
    this.running = false;
    await this.work;
    const posted = await Promise.all(this.posts);
    await this.agent.destroy();
    return posted;
  }

  private async run(): Promise<void> {
    for (const [index, one] of this.prepared.entries()) {
      const due = (index / this.rate) * 1_000;
      await sleep(Math.max(0, due - (performance.now() - this.begun)));
      if (!this.running) return;
      this.posts.push(this.post(one));
    }
  }

  private async post({ world, invoiceNumber, url }: Prepared): Promise<Posted> {
    const paymentGuid = randomUUID();
    const at = Date.now();
    const begun = performance.now();
    const answer = await tryAsk(url, {
      body: message(world, invoiceNumber, paymentGuid, true),
      agent: this.agent,
      timeoutMs: PATIENCE_MS,
    });
    return { world, invoiceNumber, paymentGuid, at, tookMs: performance.now() - begun, status: answer?.status };
  }
}

export const wasTaken = ({ status }: Posted): boolean => isTaken(status);
