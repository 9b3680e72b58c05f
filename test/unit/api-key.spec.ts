import { isApiKey, keyOf, newApiKey } from '../../src/common/api-key.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('API keys', () => {
  it('are at most 56 characters, since clients in the field wrap base64 at 76 columns', () => {
    for (const mode of ['test', 'live'] as const) {
      const key = newApiKey(mode);
      expect(key.startsWith(`bb_${mode}_`)).toBe(true);
      expect(key.length).toBeLessThanOrEqual(56);
      expect(base64(`${key}:`).length).toBeLessThanOrEqual(76);
      expect(isApiKey(key)).toBe(true);
    }
  });

  it('carry a checksum: any one letter changed is noticed', () => {
    const key = newApiKey('test');
    for (let i = 8; i < key.length; i += 1) {
      const other = key[i] === 'A' ? 'B' : 'A';
      expect(isApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
    }
    expect(isApiKey(key.replace('test', 'live'))).toBe(false);
  });

  it('never come twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newApiKey('live'))).size).toBe(1000);
  });

  it('are found in every form of header that clients send', () => {
    const key = newApiKey('test');
    const wrapped = base64(key).replace(/.{40}/g, '$&\r\n');
    for (const header of [
      `Bearer ${key}`,
      `bearer ${key}`,
      `Basic ${base64(key)}`,
      `Basic ${base64(`${key}:`)}`,
      `Basic ${wrapped}`,
    ]) {
      expect(keyOf(header)).toBe(key);
    }
    for (const header of [undefined, '', 'Bearer', 'Digest x', key]) expect(keyOf(header)).toBeUndefined();
  });
});
