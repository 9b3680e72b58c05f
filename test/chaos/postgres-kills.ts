import type { Checks } from './checks.js';
import { allEnd, wholeWay } from './journeys.js';
import type { Stage } from './stage.js';
import { milliseconds, sleep, until } from './time.js';
import { verdict } from './verdict.js';
import { World } from './world.js';

const CHAPTER = 'postgres';
const CLIENTS = 12;

/** SIGKILL to all of PostgreSQL under load, and a start on the same data. The platform has to come back by itself. */
export async function postgresChapter(stage: Stage, checks: Checks, kills: number): Promise<void> {
  const world = await World.create(stage);
  await stage.fleet.enough(2);
  const survivors = stage.fleet.deaths.length;
  let going = true;
  let ways = 0;
  const client = async (): Promise<void> => {
    while (going) {
      await wholeWay(world).then(
        () => (ways += 1),
        (error: unknown) => world.problems.push(String(error)),
      );
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const comebacks: number[] = [];
  const starts: number[] = [];
  let killed = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(800 + stage.random.int(900));
    killed += await stage.postgres.kill();
    const down = Date.now();
    await stage.postgres.start();
    const begun = Date.now();
    starts.push(begun - down);
    const before = ways;
    const back = await until(() => ways > before + CLIENTS, 60_000);
    if (back) comebacks.push(Date.now() - begun);
  }
  going = false;
  await allEnd(world, clients);

  checks.add(CHAPTER, 'kills under load', comebacks.length === kills, `${kills}, ${killed} processes`);
  checks.figure(CHAPTER, 'ways of a payment under it', ways);
  checks.figure(CHAPTER, 'PostgreSQL was down for at most', milliseconds(Math.max(...starts)));
  checks.add(
    CHAPTER,
    'payments go their whole way again after',
    comebacks.length === kills,
    milliseconds(Math.max(...comebacks)),
  );
  const died = [...stage.fleet.surprises, ...stage.fleet.deaths.slice(survivors).map(() => 'killed')];
  checks.none(CHAPTER, 'platform processes that ended', died);
  await verdict(checks, CHAPTER, [world]);
}
