import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What `node --cpu-prof` writes. Times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: Frame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/**
 * Where the time of the last seconds went: by the package whose code ran, by the package that had Node do it (a write to a
 * socket is the driver's), and by function. Time that the system gave to others counts to whoever was interrupted, which is
 * mostly the write that woke them.
 */
export function summaryOf({ nodes, samples, timeDeltas }: CpuProfile, requests: number, lastSeconds: number): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const [byPackage, byCause, byFunction] = [new Sums(), new Sums(), new Sums()];
  let toSkip = timeDeltas.reduce((sum, us) => sum + us, 0) - lastSeconds * 1e6;
  samples.forEach((id, i) => {
    const us = timeDeltas[i] ?? 0;
    toSkip -= us;
    const frame = frames.get(id);
    if (toSkip > 0 || !frame || frame.functionName === '(idle)') return;
    const owner = ownerOf(frame);
    byPackage.add(owner, us);
    byFunction.add(`${owner}  ${frame.functionName || '(anonymous)'}:${frame.lineNumber + 1}`, us);
    let cause: number | undefined = id;
    while (cause !== undefined && !isPackage(frames.get(cause))) cause = parents.get(cause);
    byCause.add(cause === undefined ? 'Node itself' : ownerOf(frames.get(cause) ?? frame), us);
  });
  return [
    ['by package, with what Node does for it', byCause.table(requests, 20)],
    ['by package', byPackage.table(requests, 20)],
    ['by function', byFunction.table(requests, 40)],
  ]
    .map(([title, table]) => `\n${title}\n${table}`)
    .join('\n');
}

class Sums {
  private readonly sums = new Map<string, number>();
  private total = 0;

  add(key: string, us: number): void {
    this.sums.set(key, (this.sums.get(key) ?? 0) + us);
    this.total += us;
  }

  table(requests: number, most: number): string {
    return [...this.sums]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, us]) => {
        const share = ((us / this.total) * 100).toFixed(1).padStart(5);
        return `${share} %  ${(us / requests).toFixed(0).padStart(5)} µs a request  ${name}`;
      })
      .join('\n');
  }
}

const isPackage = (frame: Frame | undefined): boolean =>
  frame !== undefined && (frame.url.includes('node_modules') || frame.url.includes('/dist/'));

const linesOf = new Map<string, readonly string[]>();

/** Of packages that are joined (`tools/join-packages.mjs`): a comment above the lines says whose they are. */
function ownerInJoined({ url, lineNumber }: Frame): string | undefined {
  const lines = linesOf.get(url) ?? readFileSync(fileURLToPath(url), 'utf8').split('\n');
  linesOf.set(url, lines);
  for (let line = lineNumber; line >= 0; line -= 1) {
    const owner = /^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(lines[line] ?? '')?.[1];
    if (owner) return owner;
  }
  return undefined;
}

function ownerOf(frame: Frame): string {
  const { url, functionName } = frame;
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const owner = url.includes('/dist/src/node_modules/') ? ownerInJoined(frame) : undefined;
  if (owner) return owner;
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url);
  if (inPackage?.[1]) return inPackage[1];
  if (url.startsWith('node:')) return url.split('/').slice(0, 3).join('/');
  return /dist\/(src\/[^/]+|[^/]+)/.exec(url)?.[1] ?? url;
}
