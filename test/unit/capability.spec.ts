import { newCapability, paymentIdOf } from '../../src/cloud-pay/capability.js';
import { newId } from '../../src/common/id.js';

describe('a capability', () => {
  it('names its payment, and is another one each time', () => {
    const id = newId();
    const [one, other] = [newCapability(id), newCapability(id)];
    expect(one).not.toBe(other);
    expect([one, other].map(paymentIdOf)).toEqual([id, id]);
  });

  it.each([
    ['of the form before', 'a'.repeat(43)],
    ['too short', 'a'.repeat(63)],
    ['too long', 'a'.repeat(65)],
    ['with other letters', `${'a'.repeat(63)}+`],
    ['empty', ''],
  ])('names none where it is %s', (_, capability) => {
    expect(paymentIdOf(capability)).toBeUndefined();
  });
});
