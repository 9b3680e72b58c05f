import { randomBytes } from 'node:crypto';
import { capabilitiesOf, paymentIdOf, returnTicketsOf } from '../../src/cloud-pay/capability.js';
import { newId } from '../../src/common/id.js';
import { SecretBox } from '../../src/common/secret-box.js';

const [one, other] = ['one', 'other'].map((id) => ({ id, bytes: randomBytes(32) })) as [Key, Key];
type Key = ConstructorParameters<typeof SecretBox>[0][number];
const ours = capabilitiesOf(new SecretBox([one]));

describe('a capability', () => {
  it('names its payment, and is another one each time', () => {
    const id = newId();
    const made = [ours.make(id), ours.make(id)];
    expect(made[0]).not.toBe(made[1]);
    expect(made.map(paymentIdOf)).toEqual([id, id]);
    expect(made.map((capability) => ours.idOf(capability))).toEqual([id, id]);
  });

  it('names its payment also in the form of before, and is then not known for ours', () => {
    const id = newId();
    const before = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), randomBytes(32)]).toString('base64url');
    expect(before).toHaveLength(64);
    expect(paymentIdOf(before)).toBe(id);
    expect(ours.idOf(before)).toBeUndefined();
  });

  it('is ours for as long as its key is in the ring, wherever it stands there', () => {
    const id = newId();
    const made = ours.make(id);
    expect(capabilitiesOf(new SecretBox([other, one])).idOf(made)).toBe(id);
    expect(capabilitiesOf(new SecretBox([other])).idOf(made)).toBeUndefined();
  });

  it('is made with the first key of the ring', () => {
    const id = newId();
    const made = capabilitiesOf(new SecretBox([other, one])).make(id);
    expect(capabilitiesOf(new SecretBox([other])).idOf(made)).toBe(id);
    expect(ours.idOf(made)).toBeUndefined();
  });

  it('is not ours with any byte changed, nor in another spelling of the same bytes', () => {
    const made = ours.make(newId());
    const bytes = Buffer.from(made, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(ours.idOf(changed.toString('base64url'))).toBeUndefined();
    }
    const spelled = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((letter) => made.slice(0, -1) + letter)
      .filter((text) => Buffer.from(text, 'base64url').equals(bytes));
    expect(spelled.length).toBeGreaterThan(1);
    expect(spelled.filter((text) => ours.idOf(text) !== undefined)).toEqual([made]);
  });

  it('of one purpose is none of another', () => {
    const box = new SecretBox([one]);
    expect(returnTicketsOf(box).idOf(ours.make(newId()))).toBeUndefined();
    expect(ours.idOf(returnTicketsOf(box).make(newId()))).toBeUndefined();
  });

  it.each([
    ['of the form without an id', 'a'.repeat(43)],
    ['too short', 'a'.repeat(63)],
    ['between two forms', 'a'.repeat(65)],
    ['too long', 'a'.repeat(87)],
    ['with other letters', `${'a'.repeat(85)}+`],
    ['empty', ''],
  ])('names none where it is %s', (_, capability) => {
    expect(paymentIdOf(capability)).toBeUndefined();
    expect(ours.idOf(capability)).toBeUndefined();
  });
});
