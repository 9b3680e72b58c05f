/**
 * Where the time of a request goes: the platform under load with Node's own profiler, its samples summed by package.
 *
 *   npm run build && node --enable-source-maps dist/bench/profile.js [open | postback | list] [seconds]
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closed } from './bench.js';
import { startPlatform } from './contestants.js';
import { newBiller, Rows } from './data.js';
import { SMALL } from './options.js';
import { listPayments, openPayment, postBack } from './requests.js';
import { Stage } from './stage.js';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const MOST_POSTBACKS = 200_000;
const [what = 'open', seconds = '20'] = process.argv.slice(2);

const stage = await Stage.open(() => undefined);
try {
  const { folder, invoiceCloudUrl } = stage;
  const databaseUrl = await stage.database('profiled');
  const platform = await stage.adopt(
    startPlatform({
      name: 'profiled',
      folder,
      invoiceCloudUrl,
      databaseUrl,
      nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    }),
  );
  const biller = await newBiller(platform);
  const rows = await Rows.open(databaseUrl);
  stage.onClose(() => rows.close());
  await rows.fill(biller, SMALL);
  const from = stage.reserve(MOST_POSTBACKS);
  if (what === 'postback') await rows.preparePayments(biller, from, MOST_POSTBACKS, stage.partnerUrl);
  const jobs = {
    open: { template: openPayment(biller), expect: 201 },
    postback: { template: postBack(biller.guid), expect: 204, from },
    list: { template: listPayments(biller), expect: 200 },
  };
  const job = jobs[what as keyof typeof jobs];
  const { sent, perSecond } = await stage.run([platform], { ...job, pace: closed(Number(seconds)) });
  await platform.process.stop();
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const profile = JSON.parse(await readFile(join(folder, file ?? ''), 'utf8')) as CpuProfile;
  console.log(`${what}: ${sent} requests, ${perSecond.toFixed(0)} a second`);
  summarise(profile, sent);
} finally {
  await stage.close();
}
process.exit();

function summarise({ nodes, samples, timeDeltas }: CpuProfile, requests: number): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, us: number) => map.set(key, (map.get(key) ?? 0) + us);
  samples.forEach((id, i) => {
    const frame = frames.get(id);
    if (!frame || frame.functionName === '(idle)') return;
    const us = timeDeltas[i] ?? 0;
    const owner = packageOf(frame.url, frame.functionName);
    add(byPackage, owner, us);
    add(byFunction, `${owner}  ${frame.functionName || '(anonymous)'}:${frame.lineNumber + 1}`, us);
  });
  const total = [...byPackage.values()].reduce((a, b) => a + b, 0);
  const show = (map: Map<string, number>, most: number) => {
    const sorted = [...map].sort(([, a], [, b]) => b - a).slice(0, most);
    for (const [name, us] of sorted) {
      console.log(
        `${((us / total) * 100).toFixed(1).padStart(5)} %  ${(us / requests).toFixed(0).padStart(5)} µs  ${name}`,
      );
    }
  };
  console.log(
    `\n${(total / requests / 1000).toFixed(2)} ms of CPU a request, the start included. Self time by package:`,
  );
  show(byPackage, 30);
  console.log('\nby function:');
  show(byFunction, 45);
}

function packageOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url);
  if (inPackage?.[1]) return inPackage[1];
  if (url.startsWith('node:')) return url.split('/').slice(0, 3).join('/');
  return /dist\/(src\/[^/]+|[^/]+)/.exec(url)?.[1] ?? url;
}
