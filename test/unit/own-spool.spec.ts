import { newId } from '../../src/common/id.js';
import { OwnSpool, type Waits } from '../../src/spool/own-spool.js';
import type { Place, SpoolFiles } from '../../src/spool/spool-files.js';

const newSpool = () => {
  const released: Place[] = [];
  const files = { release: (place: Place) => released.push(place), bytes: 0 } as unknown as SpoolFiles;
  return { own: new OwnSpool(newId(), files), released };
};

function keep(own: OwnSpool): Waits {
  const id = newId();
  own.add({ id, subject: newId(), at: 0 } as Parameters<OwnSpool['add']>[0], { id } as unknown as Place, 0);
  const [entry] = own.heart.waiting.take(1, 1);
  if (!entry) throw new Error('nothing waits');
  return entry;
}

describe('a message that was recorded', () => {
  it('keeps its line until a beat that was sent afterwards is committed', () => {
    const { own, released } = newSpool();
    const first = keep(own);
    own.sending();
    own.done(first);
    own.confirmed();
    expect(released).toEqual([]);
    own.sending();
    own.confirmed();
    expect(released).toEqual([first.place]);
  });

  it('is replayed again where the beat failed or another server took it', () => {
    const { own, released } = newSpool();
    const [first, second] = [keep(own), keep(own)];
    own.done(first);
    own.sending();
    own.done(second);
    own.unconfirmed();
    expect(released).toEqual([]);
    const again = own.heart.waiting.take(performance.now() + 1, 5);
    expect(again).toEqual([first, second]);
    for (const entry of again) own.done(entry);
    own.sending();
    own.confirmed();
    expect(released).toEqual([first.place, second.place]);
    expect(own.heart.waiting.size).toBe(0);
  });
});
