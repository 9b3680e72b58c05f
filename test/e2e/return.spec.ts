import { createHash, randomBytes } from 'node:crypto';
import { readForms } from '../../local/html-forms.js';
import { readFile } from 'node:fs/promises';
import { api, type Answer } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newMy360, submit, visit, wanted } from '../support/my360.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { payByCard } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const PORTAL_ORIGIN = 'https://portal.example:8443';
const RETURN_URL = 'https://back.example/bills?paid=1&of=%3C"2';
const PORTAL = {
  portalOrigins: ['https://other.example', PORTAL_ORIGIN],
  returnOrigins: ['https://back.example', PORTAL_ORIGIN],
};
const ASKED = { PortalOrigin: PORTAL_ORIGIN, ReturnURL: RETURN_URL };

const partner = (portal: object = PORTAL, returnUrl?: string) => newMy360({ portal, ...(returnUrl && { returnUrl }) });

/** A payment with a way back, and the URL of it that Invoice Cloud was given. */
async function opened(changes: object = ASKED) {
  const my360 = await partner();
  const { body } = wanted(201, await my360.story.ask(sampleRequest(changes)));
  const sent = (await my360.story.lastAsked()).body;
  const age = (expiry: string) =>
    my360.story.db.rows(`update return_tickets set expires_at = ${expiry} where payment_id = $1`, [body.id]);
  return { my360, payment: body, sent, returnUrl: sent.ReturnURL as string, pathname: pathOf(sent.ReturnURL), age };
}

const pathOf = (url: string): string => new URL(url).pathname;
const open = (path: string, method = 'GET'): Promise<Answer> => api({ method, path, headers: { accept: 'text/html' } });

/** The one link of the page, as a browser reads it. */
/** The first one that leads elsewhere. */
function linkOf(text: string): Record<string, string> {
  const [, attributes = ''] = /<a\b((?![^>]*href="#)[^>]*)>/.exec(text) ?? [];
  return Object.fromEntries(
    [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    ]),
  );
}

describe('a payment with a PortalOrigin', () => {
  test('gives Invoice Cloud a return page of the platform, and PortalOrigin to nobody', async () => {
    const { sent, returnUrl } = await opened();
    expect(returnUrl).toMatch(new RegExp(`^${stage.apiUrl}/return/[\\w-]{86}$`));
    expect(Object.keys(sent)).not.toContain('PortalOrigin');
  });

  test('leads from the receipt to that page, whose link is the ReturnURL', async () => {
    const { payment, returnUrl } = await opened();
    await payByCard(payment.cloudPaymentUrl, 'approved');
    const page = await visit(payment.cloudPaymentUrl);
    const receipt = await visit(new URL(/href="([^"]*\/receipt\/[^"]*)"/.exec(page.text)?.[1] ?? '', page.url).href);
    expect(linkOf(receipt.text).href).toBe(returnUrl);
    const { status, text } = await visit(returnUrl);
    expect(status).toBe(200);
    expect(linkOf(text)).toMatchObject({ href: RETURN_URL, target: '_top', rel: 'noreferrer' });
    expect(readForms(text, returnUrl)).toEqual([]);
  });

  test('tells that portal alone, and of nothing but the payment’s id', async () => {
    const { pathname, payment } = await opened();
    const { text, headers } = await open(pathname);
    expect(linkOf(text)).toMatchObject({ 'data-portal': PORTAL_ORIGIN, 'data-payment': payment.id });
    const [, nonce, script = ''] = /<script nonce="([^"]+)">([^]*?)<\/script>/.exec(text) ?? [];
    expect(script).toContain("{ type: 'billbridge:return', paymentId: link.dataset.payment || null }");
    expect(script).toContain('other.postMessage(message, link.dataset.portal)');
    expect(script).not.toContain(`'*'`);
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      `default-src 'none'`,
      expect.stringMatching(/^style-src 'nonce-[^' ]+'$/),
      `script-src 'nonce-${nonce}'`,
      `form-action 'none'`,
      `frame-ancestors ${PORTAL_ORIGIN}`,
      `base-uri 'none'`,
    ]);
    for (const secret of ['3.00', payment.accountNumber, payment.invoiceNumber, payment.billerId]) {
      expect(text).not.toContain(secret);
    }
  });

  test('is not stored, and tells no referrer', async () => {
    const { headers } = await open((await opened()).pathname);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('shows a ReturnURL as text', async () => {
    const { pathname } = await opened({ ...ASKED, ReturnURL: 'https://back.example/"><script>alert(1)</script>' });
    const { text } = await open(pathname);
    expect(text).not.toContain('<script>alert');
    expect(linkOf(text).href).toBe('https://back.example/"><script>alert(1)</script>');
  });

  test('takes setting 36 where there is no ReturnURL', async () => {
    const my360 = await partner(PORTAL, RETURN_URL);
    for (const path of [my360.story.path, `${my360.path}/one-time-payments`]) {
      const request = sampleRequest({ PortalOrigin: PORTAL_ORIGIN }, {}, { InvoiceNumber: path.slice(-8) });
      wanted(201, await api({ path, key: my360.story.key, body: request }));
      const { ReturnURL } = (await my360.story.lastAsked()).body;
      expect(linkOf((await open(pathOf(ReturnURL))).text).href).toBe(RETURN_URL);
    }
  });

  test('has the same hosted page for the same request, and another for another portal', async () => {
    const my360 = await partner();
    const ask = async (PortalOrigin: string) =>
      wanted(201, await my360.story.ask(sampleRequest({ ...ASKED, PortalOrigin }))).body;
    const first = await ask(PORTAL_ORIGIN);
    expect(await ask(PORTAL_ORIGIN)).toMatchObject({ id: first.id, reused: true });
    expect((await ask('https://other.example')).reused).toBe(false);
    expect(await my360.story.requests()).toHaveLength(2);
  });

  test('works drop-in too, where the client asks; where it does not, its ReturnURL is untouched', async () => {
    const my360 = await partner();
    wanted(200, await my360.story.askDropIn(sampleRequest({ ReturnURL: RETURN_URL })));
    expect((await my360.story.lastAsked()).body.ReturnURL).toBe(RETURN_URL);
    wanted(200, await my360.story.askDropIn(sampleRequest(ASKED)));
    const { ReturnURL, ...sent } = (await my360.story.lastAsked()).body;
    expect(linkOf((await open(pathOf(ReturnURL))).text).href).toBe(RETURN_URL);
    expect(Object.keys(sent)).not.toContain('PortalOrigin');
  });

  test('can be what the biller’s policy says, so that a partner changes nothing', async () => {
    const my360 = await newMy360({
      portal: PORTAL,
      cloudPayPolicy: { pinned: {}, defaults: { PortalOrigin: PORTAL_ORIGIN } },
    });
    wanted(201, await my360.story.ask(sampleRequest({ ReturnURL: RETURN_URL })));
    expect((await my360.story.lastAsked()).body.ReturnURL).toContain('/return/');
  });

  test.each([
    ['PortalOrigin', { PortalOrigin: 'https://back.example' }],
    ['PortalOrigin', { PortalOrigin: 'https://portal.example' }],
    ['PortalOrigin', { PortalOrigin: `${PORTAL_ORIGIN}/` }],
    ['PortalOrigin', { PortalOrigin: 'https://sub.portal.example:8443' }],
    ['ReturnURL', { ReturnURL: 'https://other.example/' }],
    ['ReturnURL', { ReturnURL: 'https://back.example.elsewhere.example/' }],
    ['ReturnURL', { ReturnURL: 'http://back.example/' }],
  ])('refuses a %s outside the allowed origins: %j', async (field, wrong) => {
    const my360 = await partner();
    const answer = await my360.story.ask(sampleRequest({ ...ASKED, ...wrong }));
    expect(answer).toMatchObject({ status: 422, body: { code: 'origin_not_allowed', errors: [{ field }] } });
    expect(await my360.story.requests()).toEqual([]);
    expect(await my360.story.paymentsStored()).toBe(0);
  });

  test('needs a ReturnURL', async () => {
    const my360 = await partner();
    const answer = await my360.story.ask(sampleRequest({ PortalOrigin: PORTAL_ORIGIN }));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field: 'ReturnURL' }] } });
  });
});

describe('a page of single sign-on with a PortalOrigin', () => {
  const page = { page: 'recent-bills', ReturnUrl: RETURN_URL, PortalOrigin: PORTAL_ORIGIN };

  test('signs out to the return page, by launch URL and by hand-off', async () => {
    const my360 = await partner();
    const session = await my360.session(await my360.user());
    const { launchUrl, handOff } = wanted(201, await my360.openPage(session.id, page)).body;
    const launched = await visit(launchUrl);
    const [form] = readForms(launched.text, launchUrl);
    const ways = [handOff.fields.ReturnUrl, form?.fields.ReturnUrl];
    expect(new Set(ways).size).toBe(2);
    for (const way of ways) {
      const { status, text } = await open(pathOf(way));
      expect(status).toBe(200);
      expect(linkOf(text)).toMatchObject({ href: RETURN_URL, 'data-portal': PORTAL_ORIGIN, 'data-payment': '' });
    }
    const out = await fetch(new URL('sign-out', (await submit(launched)).url), { redirect: 'manual' });
    expect(out.headers.get('location')).toBe(form?.fields.ReturnUrl);
  });

  test.each([
    [400, 'invalid_request', { ReturnUrl: undefined }],
    [422, 'origin_not_allowed', { PortalOrigin: 'https://elsewhere.example' }],
    [422, 'origin_not_allowed', { PortalOrigin: `${PORTAL_ORIGIN}/` }],
    [422, 'origin_not_allowed', { PortalOrigin: 'javascript:alert(1)' }],
    [400, 'invalid_request', { PortalOrigin: 7 }],
  ])('answers %i %s to %j', async (status, code, wrong) => {
    const my360 = await partner();
    const session = await my360.session(await my360.user());
    const answer = await my360.openPage(session.id, { ...page, ...wrong });
    expect(answer).toMatchObject({ status, body: { code, errors: [{ field: 'PortalOrigin' }] } });
  });
});

describe('a return link', () => {
  test('works again and again: payers reload', async () => {
    const { pathname } = await opened();
    for (const _ of [1, 2, 3]) expect((await open(pathname)).status).toBe(200);
  });

  test('takes nothing from its address', async () => {
    const { pathname } = await opened();
    const { status, text, headers } = await open(`${pathname}?ReturnURL=https://evil.example&PortalOrigin=https://evil.example`); // prettier-ignore
    expect(status).toBe(200);
    expect(text + headers.get('content-security-policy')).not.toContain('evil.example');
  });

  test('ends a day after the hosted page', async () => {
    const { my360, payment, age, pathname } = await opened();
    const [row] = await my360.story.db.rows(
      'select extract(epoch from expires_at - now()) as left from return_tickets where payment_id = $1',
      [payment.id],
    );
    expect(Number(row?.['left'])).toBeGreaterThan(86_400 + 3_600 - 30);
    expect(Number(row?.['left'])).toBeLessThanOrEqual(86_400 + 3_600);
    await age(`now() - interval '1 second'`);
    expect((await open(pathname)).status).toBe(410);
    expect(await api({ path: pathname })).toMatchObject({ status: 410, body: { code: 'return_link_expired' } });
  });

  test('that nobody made answers as an expired one', async () => {
    for (const path of ['/return/guessed', `/return/${'x'.repeat(43)}`, `/return/${'x'.repeat(86)}`]) {
      expect(await api({ path })).toMatchObject({ status: 410, body: { code: 'return_link_expired' } });
    }
  });

  test('of a release before, without a stamp, still works', async () => {
    const { my360, payment } = await opened();
    const ticket = randomBytes(32).toString('base64url');
    await my360.story.db.rows('update return_tickets set digest = $1 where payment_id = $2', [
      createHash('sha256').update(ticket).digest(),
      payment.id,
    ]);
    expect(linkOf((await open(`/return/${ticket}`)).text)).toMatchObject({ href: RETURN_URL });
  });

  test.each([{ portalOrigins: ['https://other.example'] }, { returnOrigins: [PORTAL_ORIGIN] }])(
    'ends when the biller no longer allows its origins: %j',
    async (fewer) => {
      const { my360, pathname } = await opened();
      const path = `/admin/v1/billers/${my360.story.billerId}`;
      const key = stage.settings['ADMIN_KEY'];
      const { revision } = (await api({ path, key })).body;
      wanted(200, await api({ method: 'PATCH', path, key, body: fewer, headers: { 'if-match': `"${revision}"` } }));
      expect((await open(pathname)).status).toBe(410);
    },
  );

  test('answers GET alone', async () => {
    const { pathname } = await opened();
    for (const method of ['HEAD', 'OPTIONS', 'POST']) expect((await open(pathname, method)).status).toBe(404);
  });

  test('is stored as its digest alone, and is in no log', async () => {
    const { my360, payment, pathname } = await opened();
    await open(pathname);
    const ticket = pathname.split('/').at(-1) ?? '';
    const rows = await my360.story.db.rows(
      'select t::text as whole from return_tickets t where payment_id = $1 union all select p::text from payments p where id = $1',
      [payment.id],
    );
    expect(rows).toHaveLength(2);
    for (const form of [ticket, Buffer.from(ticket, 'base64url').toString('hex')]) {
      for (const row of rows) expect(row['whole']).not.toContain(form);
    }
    expect(await readFile(stage.logFile, 'utf8')).not.toContain(ticket);
  });

  test('is swept when it is over', async () => {
    const { my360, payment, age } = await opened();
    await age(`now() - interval '1 second'`);
    await startPlatform({ SWEEP_SECONDS: '1' });
    const left = () => my360.story.db.count('from return_tickets where payment_id = $1', [payment.id]);
    await eventually('the ticket is gone', async () => (await left()) === 0);
  });
});
