import { Rounds } from '../../src/relay/rounds.js';

describe('the rounds through the endpoints of partners that have many', () => {
  let rounds: Rounds;
  beforeEach(() => {
    rounds = new Rounds();
  });
  const goesOnFrom = () => [[...rounds.partners()], [...rounds.endpoints()]];

  it('are none where every endpoint is looked at', () => {
    rounds.went({}, false);
    expect(rounds.more).toBe(false);
    expect(goesOnFrom()).toEqual([[], []]);
  });

  it('go on where they were', () => {
    rounds.went({ a: '1', b: '7' }, true);
    expect([rounds.more, goesOnFrom()]).toEqual([
      true,
      [
        ['a', 'b'],
        ['1', '7'],
      ],
    ]);
    rounds.went({ a: '2' }, false);
    expect([rounds.more, goesOnFrom()]).toEqual([true, [['a'], ['2']]]);
  });

  it('end when each has been round with nothing to find, however unlike they are', () => {
    const cut = (step: number) => ({
      ...(step % 2 < 1 && { short: `${step}` }),
      ...(step % 7 < 6 && { long: `${step}` }),
    });
    let steps = 0;
    do rounds.went(cut(steps), false);
    while (rounds.more && ++steps < 100);
    expect(steps).toBe(6);
  });

  it('begin anew with what is found', () => {
    rounds.went({ a: '1', b: '1' }, false);
    rounds.went({ b: '2' }, false);
    rounds.went({ a: '1', b: '3' }, true);
    rounds.went({ a: '2' }, false);
    expect(rounds.more).toBe(true);
    rounds.went({}, false);
    expect(rounds.more).toBe(false);
  });
});
