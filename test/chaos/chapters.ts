import type { Checks } from './checks.js';
import { hangChapter } from './hang.js';
import { killChapter } from './kills.js';
import { loadChapter } from './load.js';
import { loseWorkers } from './lost-worker.js';
import type { Chapter, Options } from './options.js';
import { partnerChapter } from './partner-down.js';
import { postgresChapter } from './postgres-kills.js';
import { proxyChapter } from './proxy-faults.js';
import { raceChapter } from './races.js';
import { Stage, type Cast } from './stage.js';
import { total } from './verdict.js';

type Print = (line: string) => void;

/** Three, so that two remain when one dies. */
const ROUGH: Cast = { processes: 3 };
/** How long statements wait at most, so that processes are not always equally fast; and that races are races. */
const JITTER_MS = { rough: 4, racing: 25 };
/** With the waits between attempts that production has. */
const PATIENT: Cast = { processes: 2, env: { RELAY_RETRY_SECONDS: '' } };
const MEASURED: Cast = {
  processes: 2,
  direct: true,
  env: { INVOICE_CLOUD_TIMEOUT_MS: '5000' },
};

/** Runs the chapters that are wanted, on one stage. */
export async function runChapters(
  options: Options,
  checks: Checks,
  print: Print,
  onStage: (stage: Stage) => void,
): Promise<void> {
  const { long, without } = options;
  const wants = (chapter: Chapter) => options.chapters.includes(chapter);
  const { seed, postgres } = options;
  const stage = await Stage.open({ seed, without, print, ...(postgres !== undefined && { postgres }) }, onStage);
  const chapter = async (name: string, run: () => Promise<void>): Promise<void> => {
    print(name);
    const begun = Date.now();
    await run();
    print(`  ${Math.round((Date.now() - begun) / 1000)} s`);
  };

  if (wants('kills') || wants('races') || wants('postgres') || wants('proxy')) {
    await chapter('platform', () => stage.play(ROUGH));
    stage.fleet.jitter(JITTER_MS.rough);
    let lost: (() => Promise<void>) | undefined;
    if (wants('kills')) {
      await chapter('lost worker', async () => void (lost = await loseWorkers(stage, checks, 3)));
      const kills = {
        kills: options.kills,
        everyLabel: long,
        only: without.find(({ killedAt }) => killedAt)?.killedAt,
        tell: options.verbose ? print : undefined,
      };
      await chapter('kills', () => killChapter(stage, checks, kills, print));
    }
    if (wants('postgres'))
      await chapter('postgres', () => postgresChapter(stage, checks, long ? 25 : without.length > 0 ? 6 : 2));
    const proxy = { together: !long, secondsEach: long ? 8 : 1, clients: long ? 6 : 3 };
    if (wants('proxy')) await chapter('proxy', () => proxyChapter(stage, checks, proxy));
    if (wants('races')) {
      stage.fleet.jitter(JITTER_MS.racing);
      await chapter('races', () => raceChapter(stage, checks, long ? 100 : 6));
    }
    await lost?.();
  }
  if (wants('partner')) {
    await stage.play(PATIENT);
    await chapter('partner', () => partnerChapter(stage, checks, long ? 200 : 10, long ? 60 : 240));
  }
  if (wants('load') || wants('hang')) {
    await stage.play(MEASURED);
    const load = { rate: options.loadRate, seconds: options.loadSeconds };
    if (wants('load')) await chapter('load', () => loadChapter(stage, checks, load, print));
    const hang = long
      ? { rounds: 6, secondsEach: 20, most: 1.1, noiseMs: 0 }
      : { rounds: 1, secondsEach: 4, most: 2, noiseMs: 150 };
    if (wants('hang')) await chapter('hang', () => hangChapter(stage, checks, hang));
  }
  await mutationsMet(stage, options, checks);
  if (checks.total('money moved') > 0) total(checks);
}

/** A guard that was to be taken out, and was not met, would pass for one that nobody misses. */
async function mutationsMet(stage: Stage, { without }: Options, checks: Checks): Promise<void> {
  for (const guard of without.filter((one) => one.sql === undefined)) {
    const times = await stage.fleet.mutated(guard.name);
    checks.add('guards', `“${guard.name}” was really taken out`, times > 0, `${times} times`);
  }
}
