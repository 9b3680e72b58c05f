import { refuseAddress, refuseUrl } from '../../src/common/outbound-url.js';

const PRODUCTION = { production: true };
const LOCAL = { production: false };

describe('URLs that others give us', () => {
  it.each(['https://partner.example.com/x', 'https://partner.example.com:8443/x?y=1', 'https://93.184.215.14/'])(
    'takes %s',
    (url) => {
      expect(refuseUrl(url, PRODUCTION)).toBeUndefined();
      expect(refuseUrl(url, LOCAL)).toBeUndefined();
    },
  );

  it.each(['http://localhost:9000/x', 'http://127.0.0.1:9000/x', 'http://[::1]:9000/', 'http://partner.example.com/'])(
    'takes %s outside production alone',
    (url) => {
      expect(refuseUrl(url, LOCAL)).toBeUndefined();
      expect(refuseUrl(url, PRODUCTION)).toEqual(expect.any(String));
    },
  );

  it('refuses loopback in production under https too', () => {
    expect(refuseUrl('https://127.0.0.1/', PRODUCTION)).toMatch(/loopback/);
    expect(refuseUrl('https://localhost/', PRODUCTION)).toMatch(/private network/);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://partner.example.com/',
    'relative/path',
    '//partner.example.com/x',
    '',
    'https://user:word@partner.example.com/',
    'https://10.0.0.1/',
    'https://172.16.3.4/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://0x0a000001/',
    'https://167772161/',
    'https://012.0.0.1/',
    'https://metadata.google.internal/',
    'https://printer.local/',
    'https://intranet/',
    'https://partner.example.com/a b',
    'https://partner.example.com/\n',
    'https:\\\\partner.example.com\\x',
    ' https://partner.example.com/',
    `https://partner.example.com/${'x'.repeat(2100)}`,
  ])('refuses %p everywhere', (url) => {
    expect(refuseUrl(url, LOCAL)).toEqual(expect.any(String));
    expect(refuseUrl(url, PRODUCTION)).toEqual(expect.any(String));
  });

  it('judges the address that a name resolved to by the same rule', () => {
    expect(refuseAddress('93.184.215.14', PRODUCTION)).toBeUndefined();
    expect(refuseAddress('10.1.2.3', LOCAL)).toMatch(/private/);
    expect(refuseAddress('::ffff:169.254.169.254', LOCAL)).toMatch(/linkLocal/);
    expect(refuseAddress('127.0.0.1', LOCAL)).toBeUndefined();
    expect(refuseAddress('127.0.0.1', PRODUCTION)).toMatch(/loopback/);
  });
});
