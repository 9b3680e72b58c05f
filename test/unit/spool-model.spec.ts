import fc from 'fast-check';
import { type Guard, SpoolWorld } from '../support/spool-model.js';

/** SPOOL_MODEL_GAMES=100000 for a night. */
const RUNS = Number(process.env['SPOOL_MODEL_GAMES'] ?? 4_000);

type Step = readonly [name: string, play: (world: SpoolWorld) => void];

const one = fc.nat(2);
const step = <Args extends unknown[]>(
  name: string,
  args: fc.Arbitrary<Args>,
  play: (world: SpoolWorld, ...args: Args) => void,
): fc.Arbitrary<Step> => args.map((given): Step => [`${name} ${given.join(' ')}`, (world) => play(world, ...given)]);

const arrives = step(
  'arrive',
  fc.tuple(one, fc.nat(1), fc.nat(2), fc.constantFrom('recorded', 'answer lost', 'refused', 'late')),
  (world, ...args) => world.arrive(...args),
);
const answers = step('answer', fc.tuple(one), (world, n) => world.answer(n));
const waits = step('wait', fc.tuple(fc.constantFrom(10, 300, 1_300, 4_000, 11_000)), (world, ms) => world.wait(ms));
/** The usual case, in one step; its parts come apart below. The first beat on a connection asks for the time alone. */
function beat(world: SpoolWorld, n: number): void {
  for (let time = 0; time < 2; time += 1) {
    world.send(n);
    world.commit(n);
    world.hear(n, false);
  }
}
const beats = step('beat', fc.tuple(one), beat);
/** Process 1 looks at the spool of process 0, finds it unchanged after a while, and copies what stands there. */
function takeOver(world: SpoolWorld): void {
  world.takeOver(1, 0);
  world.wait(11_000);
  for (let time = 0; time < 3; time += 1) world.takeOver(1, 0);
}
/** Looks at its path, and then answers. */
function answer(world: SpoolWorld, n: number): void {
  for (let time = 0; time < 2; time += 1) world.answer(n);
}

/** Of each guard the shortest story in which it is needed. */
const STORIES: Readonly<Record<Guard, (world: SpoolWorld) => void>> = {
  'an answer waits for a mark or for the end of the promise': (world) => {
    beat(world, 0);
    world.arrive(0, 0, 0, 'refused');
    answer(world, 0);
    world.open(1, 0);
  },
  'the path is looked at after each append': (world) => {
    beat(world, 0);
    takeOver(world);
    world.arrive(0, 0, 0, 'refused');
    answer(world, 0);
    world.takeOver(1, 0);
  },
  'a promise counts from its sending': (world) => {
    beat(world, 0);
    world.arrive(0, 0, 0, 'refused');
    answer(world, 0);
    world.open(1, 0);
  },
  'a promise is one of this server': (world) => {
    beat(world, 0);
    world.reach(0, false);
    world.failOver(-5_000);
    world.arrive(0, 0, 0, 'refused');
    world.wait(1_300);
    answer(world, 0);
    world.open(1, 0);
  },
  'an opening looks at marks': (world) => {
    beat(world, 0);
    world.arrive(0, 0, 0, 'refused');
    beat(world, 0);
    answer(world, 0);
    world.open(1, 0);
  },
  'an opening looks at promises': (world) => {
    beat(world, 0);
    world.reach(0, false);
    world.arrive(0, 0, 0, 'refused');
    world.wait(1_300);
    answer(world, 0);
    world.open(1, 0);
  },
  'a spool is taken over after a while alone': (world) => {
    beat(world, 0);
    world.arrive(0, 0, 0, 'refused');
    for (let time = 0; time < 3; time += 1) world.takeOver(1, 0);
    world.replay(0, 'recorded');
  },
  'a spool that is lost is followed by one that the database knows': (world) => {
    beat(world, 0);
    world.reach(0, false);
    takeOver(world);
    world.takeOver(1, 0);
    beat(world, 1);
    world.arrive(0, 0, 0, 'refused');
    for (let time = 0; time < 2; time += 1) answer(world, 0);
    world.open(1, 0);
  },
  'a beat is not done after a later one': (world) => {
    beat(world, 0);
    world.arrive(0, 0, 0, 'refused');
    world.send(0);
    world.hear(0, true);
    world.replay(0, 'recorded');
    beat(world, 0);
    world.late(0);
  },
  'what was taken over is marked before its row goes': (world) => {
    beat(world, 0);
    world.reach(0, false);
    world.arrive(0, 0, 0, 'refused');
    world.wait(1_300);
    answer(world, 0);
    world.kill(0);
    takeOver(world);
    beat(world, 2);
    world.takeOver(1, 0);
    world.open(2, 0);
  },
};

const partOfBeat = fc.oneof(
  step('send', fc.tuple(one), (world, n) => world.send(n)),
  step('commit', fc.tuple(one), (world, n) => world.commit(n)),
  step('hear', fc.tuple(one, fc.boolean()), (world, n, lost) => world.hear(n, lost)),
  step('lost', fc.tuple(one), (world, n) => {
    world.send(n);
    world.hear(n, true);
  }),
  step('late', fc.tuple(fc.nat(5)), (world, nth) => world.late(nth)),
  step('late', fc.tuple(fc.nat(5)), (world, nth) => world.late(nth)),
);
const takesOver = step('takeOver', fc.tuple(one, fc.nat(3)), (world, n, nth) => world.takeOver(n, nth));
const replays = step(
  'replay',
  fc.tuple(one, fc.constantFrom('recorded', 'recorded', 'answer lost', 'refused')),
  (world, n, fate) => world.replay(n, fate),
);
const opens = step('open', fc.tuple(one, fc.nat(1)), (world, n, invoice) => world.open(n, invoice));
const faults = fc.oneof(
  step('reach', fc.tuple(one, fc.boolean()), (world, n, is) => world.reach(n, is)),
  step('kill', fc.tuple(one), (world, n) => world.kill(n)),
  step('start', fc.tuple(one), (world, n) => world.start(n)),
  step('failOver', fc.tuple(fc.constantFrom(0, -5_000, 5_000)), (world, ahead) => world.failOver(ahead)),
);

const steps = fc.array(
  fc.oneof(
    { arbitrary: arrives, weight: 4 },
    { arbitrary: answers, weight: 5 },
    { arbitrary: waits, weight: 4 },
    { arbitrary: beats, weight: 5 },
    { arbitrary: partOfBeat, weight: 4 },
    { arbitrary: takesOver, weight: 4 },
    { arbitrary: replays, weight: 3 },
    { arbitrary: opens, weight: 5 },
    { arbitrary: faults, weight: 2 },
  ),
  { maxLength: 80, size: 'max' },
);

/** @throws Error with what went wrong */
function play(played: readonly Step[], without?: Guard): SpoolWorld {
  const world = new SpoolWorld(without);
  for (const [, act] of played) {
    act(world);
    world.check();
  }
  world.settle();
  return world;
}

describe('record, lost answer, spool, replay and opening, in whatever order, by three processes', () => {
  test('lose nothing that was answered, and open no invoice anew that was paid', () => {
    let openings = 0;
    const refusals = new Map<string, number>();
    fc.assert(
      fc.property(steps, (played) => {
        const world = play(played);
        openings += world.openings;
        for (const [why, times] of world.refusals) refusals.set(why, (refusals.get(why) ?? 0) + times);
      }),
      {
        numRuns: RUNS,
        reporter: ({ failed, counterexample, errorInstance, seed }) => {
          if (!failed) return;
          const path = counterexample?.[0].map(([name]) => name).join('; ');
          throw new Error(`${String(errorInstance)} (seed ${seed}): ${path}`);
        },
      },
    );
    // The game is worth it: each of the answers was given.
    expect(openings).toBeGreaterThan(100);
    for (const why of ['already-paid', 'being-recorded', 'uncertain']) expect(refusals.get(why)).toBeGreaterThan(100);
  });

  test.each(Object.entries(STORIES))('need that %s', (guard, story) => {
    const told: Step = [guard, story];
    expect(() => play([told])).not.toThrow();
    expect(() => play([told], guard as Guard)).toThrow();
  });
});
