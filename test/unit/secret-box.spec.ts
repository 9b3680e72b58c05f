import { randomBytes } from 'node:crypto';
import { SecretBox, SealBroken } from '../../src/common/secret-box.js';

const key = (id: string) => ({ id, bytes: randomBytes(32) });

describe('the secret box', () => {
  const k1 = key('k1');
  const k2 = key('k2');

  it('opens what it sealed, for the same owner and field alone', () => {
    const box = new SecretBox([k1]);
    const sealed = box.seal('a secret', 'biller-1', 'api-key');
    expect(sealed).not.toContain('a secret');
    expect(box.open(sealed, 'biller-1', 'api-key')).toBe('a secret');
    expect(() => box.open(sealed, 'biller-2', 'api-key')).toThrow(SealBroken);
    expect(() => box.open(sealed, 'biller-1', 'webhook-secret')).toThrow(SealBroken);
  });

  it('never seals the same text to the same value', () => {
    const box = new SecretBox([k1]);
    expect(box.seal('x', 'o', 'f')).not.toBe(box.seal('x', 'o', 'f'));
  });

  it('seals with the first key of the ring and opens with all of them', () => {
    const old = new SecretBox([k1]).seal('x', 'o', 'f');
    const rotated = new SecretBox([k2, k1]);
    expect(rotated.open(old, 'o', 'f')).toBe('x');
    expect(rotated.seal('x', 'o', 'f')).toMatch(/^v1\.k2\./);
  });

  it('names the key that is missing, and never answers an empty secret', () => {
    const sealed = new SecretBox([k1]).seal('x', 'o', 'f');
    expect(() => new SecretBox([k2]).open(sealed, 'o', 'f')).toThrow(/"k1".*not in ENCRYPTION_KEYS/);
    const underSameId = new SecretBox([{ id: 'k1', bytes: randomBytes(32) }]);
    expect(() => underSameId.open(sealed, 'o', 'f')).toThrow(/replaced under its id/);
    for (const broken of [
      '',
      'v1',
      'v1.k1',
      'v1.k1.',
      'v1.k1.AAAA',
      `${sealed.slice(0, -3)}AAA`,
      sealed.slice(0, 30),
    ]) {
      expect(() => new SecretBox([k1]).open(broken, 'o', 'f')).toThrow(SealBroken);
    }
  });
});
