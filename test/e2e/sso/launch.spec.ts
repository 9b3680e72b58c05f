import { readForms } from '../../../local/html-forms.js';
import { api } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { newMy360, submit, visit } from '../../support/my360.js';
import { stage } from '../../support/stage-facts.js';

afterAll(closeDb);

const ORIGINS = ['https://my360.example', 'https://portal.example:8443'];

async function ticket(portal: object = { portalOrigins: ORIGINS, returnOrigins: ORIGINS }, body: object = {}) {
  const my360 = await newMy360({ portal });
  const session = await my360.session(await my360.user());
  const { launchUrl, handOff } = (await my360.openPage(session.id, { page: 'recent-bills', ...body })).body;
  const { pathname } = new URL(launchUrl);
  const age = (expiry: string) =>
    db().rows(`update launch_tickets set expires_at = ${expiry} where session_id = $1`, [session.id]);
  return { my360, session, launchUrl: launchUrl as string, pathname, handOff, age };
}

const open = (pathname: string, method = 'GET') => api({ method, path: pathname, headers: { accept: 'text/html' } });

const policyOf = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );

describe('a launch URL', () => {
  test('answers a page that posts the hand-off to Invoice Cloud, by itself and by a button', async () => {
    const { pathname, handOff, launchUrl } = await ticket(undefined, { ReturnUrl: 'https://my360.example/a?b=1&c="' });
    const { status, headers, text } = await open(pathname);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(readForms(text, launchUrl)).toEqual([handOff]);
    const [form = ''] = /<form\b[^]*<\/form>/.exec(text) ?? [];
    expect(form).toMatch(/^<form method="post" action="/);
    expect(form).toContain('<button type="submit">');
    const [, nonce, script] = /<script nonce="([^"]+)">\s*([^]*?);?\s*<\/script>/.exec(text) ?? [];
    expect(script).toBe('document.forms[0].submit()');
    expect(policyOf(headers)['script-src']).toBe(`'nonce-${nonce}'`);
  });

  test('really opens the page at Invoice Cloud by the button alone', async () => {
    const { launchUrl } = await ticket();
    const page = await submit(await visit(launchUrl));
    expect(page.status).toBe(200);
    expect(page.text).toContain('<h1>Your bills</h1>');
  });

  test('is not stored, tells no referrer, is framed by the biller’s portals alone, posts to Invoice Cloud alone', async () => {
    const { pathname } = await ticket();
    const { headers } = await open(pathname);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBeNull();
    expect(policyOf(headers)).toEqual({
      'default-src': `'none'`,
      'style-src': expect.stringMatching(/^'nonce-[^' ]+'$/),
      'script-src': expect.stringMatching(/^'nonce-[^' ]+'$/),
      'form-action': stage.sandboxUrl,
      'frame-ancestors': ORIGINS.join(' '),
      'base-uri': `'none'`,
    });
  });

  test('is framed by nobody where the biller has no portal', async () => {
    const { pathname } = await ticket({});
    expect(policyOf((await open(pathname)).headers)['frame-ancestors']).toBe(`'none'`);
  });

  test('holds no token', async () => {
    const { launchUrl, session } = await ticket();
    expect(launchUrl).not.toContain(session.remoteAuthenticationToken);
    expect(launchUrl).not.toContain(session.id);
    expect(new URL(launchUrl).search).toBe('');
  });

  test('shows text of a request as text', async () => {
    const name = '"><script>alert(1)</script>';
    const { pathname, launchUrl } = await ticket(undefined, {
      ReturnUrl: 'https://my360.example/',
      CustomReturnSiteName: name,
    });
    const { text } = await open(pathname);
    expect(text).not.toContain('<script>');
    expect(readForms(text, launchUrl)[0]?.fields.CustomReturnSiteName).toBe(name);
  });

  test('works once; then it is a page for a browser and a problem for others', async () => {
    const { pathname, my360 } = await ticket();
    expect((await open(pathname)).status).toBe(200);
    const page = await open(pathname);
    expect(page.status).toBe(410);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).toContain('open the page again');
    expect(page.text).not.toContain('<form');
    const problem = await api({ path: pathname });
    expect(problem).toMatchObject({ status: 410, body: { code: 'ticket_not_usable' } });
    expect(problem.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await my360.operations(() => open(pathname))).toEqual([]);
  });

  test('works for a minute', async () => {
    const { pathname, age } = await ticket();
    await age(`now() - interval '1 second'`);
    expect(await api({ path: pathname })).toMatchObject({ status: 410, body: { code: 'ticket_not_usable' } });
  });

  test('works for exactly one of many at once', async () => {
    const { pathname } = await ticket();
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await open(pathname)).status));
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 11 }, () => 410)]);
  });

  test('is not used up by HEAD, OPTIONS or POST', async () => {
    const { pathname } = await ticket();
    for (const method of ['HEAD', 'OPTIONS', 'POST']) {
      expect((await open(pathname, method)).status).toBe(404);
    }
    expect((await open(pathname)).status).toBe(200);
  });

  test('that nobody made answers as a used one', async () => {
    for (const path of ['/launch/guessed', `/launch/${'x'.repeat(43)}`]) {
      expect(await api({ path })).toMatchObject({ status: 410, body: { code: 'ticket_not_usable' } });
    }
  });

  test('does not open once its session is over', async () => {
    const { pathname, session, my360 } = await ticket();
    await my360.ask('DELETE', `/sessions/${session.id}`);
    expect(await api({ path: pathname })).toMatchObject({ status: 410, body: { code: 'session_expired' } });
  });

  test('is stored as its digest alone', async () => {
    const { pathname, session } = await ticket();
    const secret = pathname.split('/').at(-1) ?? '';
    const rows = await db().rows('select t::text as whole from launch_tickets t where session_id = $1', [session.id]);
    expect(rows).toHaveLength(1);
    for (const form of [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret, 'base64url').toString('hex'),
    ]) {
      expect(rows[0]?.['whole']).not.toContain(form);
    }
  });
});
