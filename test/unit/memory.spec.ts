import { Memory } from '../../src/database/memory.js';
import type { Listener } from '../../src/database/listener.js';

function stage() {
  const state = { hears: true, change: () => undefined as void };
  const listener = { on: (_: string, heard: () => void) => void (state.change = heard), hears: () => state.hears };
  const memory = new Memory(listener as unknown as Listener);
  return { state, memory, kept: memory.keep<{ n: number }>(3) };
}

describe('what is kept in memory', () => {
  test('is looked for once, until something changes', async () => {
    const { state, kept } = stage();
    let looks = 0;
    const look = () => Promise.resolve({ n: (looks += 1) });
    expect([await kept.get('a', look), await kept.get('a', look)]).toEqual([{ n: 1 }, { n: 1 }]);
    state.change();
    expect(await kept.get('a', look)).toEqual({ n: 2 });
  });

  test('is not believed while no change could be heard', async () => {
    const { state, kept } = stage();
    await kept.get('a', () => Promise.resolve({ n: 1 }));
    state.hears = false;
    expect(await kept.get('a', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
  });

  test('is not what was read before a change and came after it', async () => {
    const { state, kept } = stage();
    let answer: (value: { n: number }) => void = () => undefined;
    const slow = kept.get('a', () => new Promise((done) => (answer = done)));
    state.change();
    answer({ n: 1 });
    expect(await slow).toEqual({ n: 1 });
    expect(await kept.get('a', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
  });

  test('holds no more than it may, and nothing that was not found', async () => {
    const { kept } = stage();
    for (const name of ['a', 'b', 'c', 'd']) await kept.get(name, () => Promise.resolve({ n: 1 }));
    expect(await kept.get('a', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
    expect(await kept.get('d', () => Promise.resolve({ n: 2 }))).toEqual({ n: 1 });
    expect(await kept.get('e', () => Promise.resolve(null))).toBeNull();
    expect(await kept.get('e', () => Promise.resolve({ n: 3 }))).toEqual({ n: 3 });
  });

  test('goes, in this process, when an administrator has changed something', async () => {
    const { memory, kept } = stage();
    await kept.get('a', () => Promise.resolve({ n: 1 }));
    memory.forget();
    expect(await kept.get('a', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
  });
});
