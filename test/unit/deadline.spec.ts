import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline } from '../../src/common/deadline.js';

describe('a deadline', () => {
  it('aborts its signal when its time is over, as AbortSignal.timeout does', async () => {
    using deadline = new Deadline(1);
    await sleep(20);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('does nothing any more once what it was for has ended', async () => {
    const deadline = new Deadline(1);
    deadline[Symbol.dispose]();
    await sleep(20);
    expect(deadline.signal.aborted).toBe(false);
  });
});
