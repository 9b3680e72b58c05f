/**
 * Where the time of a request goes: the platform under load with Node's own profiler, its samples summed by package.
 *
 *   npm run build && node --enable-source-maps dist/bench/profile.js [open | postback | intake | list] [seconds]
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closed } from './bench.js';
import { startPlatform } from './contestants.js';
import { newBiller, Rows } from './data.js';
import { SMALL } from './options.js';
import { listPayments, openPayment, postBack } from './requests.js';
import { type CpuProfile, summaryOf } from './profile-summary.js';
import { Stage } from './stage.js';

const MOST_POSTBACKS = 100_000;
const WARM_UP = 2_000;
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
  const posted = what === 'postback' || what === 'intake';
  if (posted) await rows.preparePayments(biller, from, MOST_POSTBACKS, stage.partnerUrl);
  const jobs = {
    open: { template: openPayment(biller), expect: 201 },
    // Each delivered meanwhile, and with the partner switched off.
    postback: { template: postBack(biller.guid), expect: 204, from: from + WARM_UP },
    intake: { template: postBack(biller.guid), expect: 204, from: from + WARM_UP },
    list: { template: listPayments(biller), expect: 200 },
  };
  const job = jobs[what as keyof typeof jobs];
  await stage.run([platform], { ...job, ...(posted && { from }), pace: closed(15, undefined, WARM_UP) });
  if (what === 'intake') await rows.holdDeliveries();
  const { sent, perSecond, cpuOwn } = await stage.run([platform], { ...job, pace: closed(Number(seconds)) });
  await platform.process.stop();
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const profile = JSON.parse(await readFile(join(folder, file ?? ''), 'utf8')) as CpuProfile;
  console.log(`${what}: ${sent} requests, ${perSecond.toFixed(0)} a second, ${cpuOwn.toFixed(2)} ms of CPU each`);
  console.log(summaryOf(profile, sent, Number(seconds)));
} finally {
  await stage.close();
}
process.exit();
