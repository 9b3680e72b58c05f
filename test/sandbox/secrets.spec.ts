import { maskBody } from '../../sandbox/masking.js';
import { startMy360, type My360 } from './my360.js';
import { sampleRequest } from './support.js';

describe('what single sign-on leaves behind', () => {
  let my360: My360;

  beforeEach(async () => {
    my360 = await startMy360({ personas: true });
  });
  afterEach(() => my360.close());

  it('is no password and no token, in records or views', async () => {
    await my360.customer({
      accountNumber: '2',
      name: 'U',
      registered: { email: 'u@example.com', password: 'CANARY-two' },
    });
    const token = await my360.signIn('u@example.com', 'CANARY-two');
    const change = { EmailAddress: 'u@example.com', Password: 'CANARY-two', NewPassword: 'CANARY-three' };
    await my360.call('remoteauth/UpdatePassword', change);
    const page = await my360.open(sampleRequest('http://127.0.0.1:9/', { RemoteAuthenticationToken: token }));
    expect(await (await fetch(page)).text()).toContain('Signed in as u@example.com');

    const requests = await my360.requests();
    const kept = JSON.stringify([requests, await my360.customers()]);
    expect(kept).not.toContain('CANARY');
    expect(kept).not.toContain(token);
    expect(requests[1].body).toEqual({ EmailAddress: 'u@example.com', Password: '***', NewPassword: '***' });
    expect(JSON.parse(requests[1].text)).toEqual(requests[1].body);
    expect(requests[2].body.RemoteAuthenticationToken).toBe('*'.repeat(43));
  });

  it('is a guest where a Cloud Payments token is unknown', async () => {
    const page = await my360.open(sampleRequest('http://127.0.0.1:9/', { RemoteAuthenticationToken: 'guessed' }));
    expect(await (await fetch(page)).text()).not.toContain('Signed in as');
  });

  it.each([
    ['{"a":3.0,"Password":"x\\"y"}', '{"a":3.0,"Password":"***"}'],
    ['{"newpassword" : 12, "list":[{"PASSWORD":"x"}]}', '{"newpassword" : "***", "list":[{"PASSWORD":"***"}]}'],
    ['{"\\u0050assword":"x"}', '{"Password":"***"}'],
    ['{"Password":["x"]}', '{"Password":"***"}'],
    ['{"WebServiceKey":"12345"}', '{"WebServiceKey":"***"}'],
    ['<WebServiceKey>12345</WebServiceKey>', '(not JSON, and it names a secret)'],
    ['{"Password":null}', '{"Password":null}'],
    ['{"note":"\\"password\\":\\"kept\\""}', '{"note":"\\"password\\":\\"kept\\""}'],
    ['{"RemoteAuthenticationToken":"12345"}', '{"RemoteAuthenticationToken":"*****"}'],
    ['{"Password":"x', '(not JSON, and it names a secret)'],
    ['no json', 'no json'],
  ])('masks %s', (text, masked) => {
    expect(maskBody(text).text).toBe(masked);
  });
});
