import { startMy360, type My360 } from './my360.js';
import { VISA, payByCard, sampleRequest } from './support.js';

describe('a page', () => {
  let my360: My360;
  const nowhere = 'http://127.0.0.1:9/';

  beforeEach(async () => {
    my360 = await startMy360();
  });
  afterEach(() => my360.close());

  it.each([
    ['https://css.example/a.css?b=1', ' https://css.example;', true],
    ['http://127.0.0.1:9/a.css', ' http://127.0.0.1:9;', true],
    ['http://app.localhost:9/a.css', ' http://app.localhost:9;', true],
    ['http://css.example/a.css', ';', false],
    ['https://x;sandbox/a.css', ';', false],
    ['https://u:p@css.example/a.css', ';', false],
    ['javascript:alert(1)', ';', false],
    ['anything', ';', false],
  ])('lets in the CssUrl %s by the policy style-src %s', async (CssUrl, policy, isUsed) => {
    const page = await my360.open(sampleRequest(nowhere, { CssUrl }));
    const answer = await fetch(page);
    expect(answer.headers.get('content-security-policy')).toContain(`style-src 'self'${policy}`);
    const markup = await answer.text();
    expect(markup.includes(`href="${CssUrl}"`)).toBe(isUsed);
    expect(markup.includes('CssUrl was left out')).toBe(!isUsed);
    expect((await payByCard(page, VISA)).status).toBe(303);
  });

  it('has an example of such a style sheet', async () => {
    const answer = await fetch(`${my360.url}/_sandbox/themes/example.css`);
    expect(answer.headers.get('content-type')).toContain('text/css');
    expect(await answer.text()).toContain('--accent:');
  });

  it('and every other one needs no cookie, no script and no style of its own', async () => {
    const paid = await my360.open(sampleRequest(nowhere));
    const receipt = (await payByCard(paid, VISA)).headers.get('location') ?? '';
    const other = sampleRequest(nowhere);
    other.Customers[0].AccountNumber = 'another';
    const page = await my360.open(other);
    await my360.customer({ accountNumber: '1', name: 'R', registered: { email: 'r@example.com', password: 'x' } });
    const visit = await my360.visit('r@example.com', 'x');
    const portal = ['bills', 'paperless', 'autopay', 'payment-options', 'scheduled'];
    const framable = [
      page,
      paid,
      ...['statement/0', 'related/0', 'remind/0', 'register'].map((path) => `${page}/${path}`),
      ...portal.map((path) => new URL(path, visit).href),
      my360.url + receipt,
      `${my360.url}/portal/2/Site.aspx?G=${my360.billerGuid}`,
    ];
    const tools = ['/', '/mailbox', '/_sandbox/faults'].map((path) => my360.url + path);
    for (const url of [...framable, ...tools]) {
      const answer = await fetch(url);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(answer.status).toBe(200);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('x-frame-options')).toBeNull();
      expect(policy).toMatch(/^default-src 'none'; style-src 'self'/);
      expect(policy).not.toMatch(/unsafe|script-src/);
      expect(policy.includes('frame-ancestors')).toBe(tools.includes(url));
      expect(await answer.text()).not.toMatch(/<script|<style|\sstyle="|\son[a-z]+="|href="javascript/i);
    }
  });
});
