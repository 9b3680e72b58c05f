import { closeDb } from '../../support/db.js';
import { launch, newMy360, visit } from '../../support/my360.js';
import { stage } from '../../support/stage-facts.js';

afterAll(closeDb);

const INVOICE_CLOUD_CSS = 'https://www.invoicecloud.com/ssotest/sso-gmp.css';
const PORTAL = {
  portalOrigins: ['https://my360.example'],
  returnOrigins: ['https://my360.example', 'https://second.example:8443'],
  cssOrigins: ['https://css.example'],
};

async function signedIn(portal: object = PORTAL) {
  const my360 = await newMy360({ portal });
  const session = await my360.session(await my360.user());
  const open = (body: object) => my360.openPage(session.id, { page: 'recent-bills', ...body });
  const fieldsOf = async (body: object): Promise<Record<string, string>> => (await open(body)).body.handOff.fields;
  return { my360, session, open, fieldsOf };
}

describe('a page', () => {
  test.each([
    ['recent-bills', '1', 'Your bills'],
    ['scheduled-payments', '9', 'Scheduled payments'],
    ['paperless', '2', 'Paperless billing'],
    ['autopay', '3', 'AutoPay'],
    ['payment-options', '5', 'Payment methods'],
  ])('%s is RedirectID %s, in an iframe, by launch URL and by hand-off', async (page, RedirectID, heading) => {
    const { session, open } = await signedIn();
    const { status, body } = await open({ page });
    expect(status).toBe(201);
    expect(body).toEqual({
      launchUrl: expect.stringMatching(new RegExp(`^${stage.apiUrl}/launch/[\\w-]{43}$`)),
      expiresAt: expect.any(String),
      handOff: {
        action: `${stage.sandboxUrl}/portal/cloudsso`,
        fields: {
          RemoteAuthenticationToken: session.remoteAuthenticationToken,
          ViewMode: '1',
          RedirectID,
          CSSUrl: INVOICE_CLOUD_CSS,
        },
      },
    });
    const left = Date.parse(body.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_000);

    const { action, fields } = body.handOff;
    const posted = await fetch(action, { method: 'POST', body: new URLSearchParams(fields) });
    for (const text of [await posted.text(), (await launch(body.launchUrl)).text]) {
      expect(text).toContain(`<h1>${heading}</h1>`);
    }
  });

  test('with a ReturnUrl has the six documented names, and no other', async () => {
    const { fieldsOf } = await signedIn();
    const ReturnUrl = 'https://my360.example/bills?tab=1';
    expect(await fieldsOf({ ReturnUrl, CSSUrl: 'https://css.example/a.css', CustomReturnSiteName: 'Util360' })).toEqual(
      {
        RemoteAuthenticationToken: expect.any(String),
        ViewMode: '1',
        RedirectID: '1',
        CSSUrl: 'https://css.example/a.css',
        ReturnUrl,
        CustomReturnSiteName: 'Util360',
      },
    );
  });

  test('names the biller’s DBA where no CustomReturnSiteName is sent', async () => {
    const { fieldsOf } = await signedIn();
    const fields = await fieldsOf({ ReturnUrl: 'https://my360.example/' });
    expect(fields.CustomReturnSiteName).toBe('Police');
  });

  test('takes CSSUrl from the request, then from the biller, then from Invoice Cloud', async () => {
    const cssUrl = 'https://biller.example/portal.css';
    const { fieldsOf } = await signedIn({ ...PORTAL, cssUrl });
    expect((await fieldsOf({})).CSSUrl).toBe(cssUrl);
    expect((await fieldsOf({ CSSUrl: 'https://css.example/b.css' })).CSSUrl).toBe('https://css.example/b.css');
    expect((await fieldsOf({ CSSUrl: INVOICE_CLOUD_CSS })).CSSUrl).toBe(INVOICE_CLOUD_CSS);
    expect((await fieldsOf({ CSSUrl: cssUrl })).CSSUrl).toBe(cssUrl);
  });

  test('is dressed in the style sheet, and signs out to the ReturnUrl by its name', async () => {
    const { open } = await signedIn();
    const ReturnUrl = 'https://second.example:8443/bye?a=1&b=2';
    const CustomReturnSiteName = 'My "360" & <b>';
    const { body } = await open({ ReturnUrl, CustomReturnSiteName, CSSUrl: 'https://css.example/a.css?b=1' });
    expect((await visit(body.launchUrl.replace('/launch/', '/launch/x'))).status).toBe(410);
    const page = await launch(body.launchUrl);
    expect(page.text).toContain('href="https://css.example/a.css?b=1"');
    expect(page.text).toContain('Sign out and Return to My &quot;360&quot; &amp; &lt;b&gt;');
    const out = await fetch(new URL('sign-out', page.url), { redirect: 'manual' });
    expect(out.headers.get('location')).toBe(ReturnUrl);
  });

  test.each([
    ['ReturnUrl', 'https://elsewhere.example/'],
    ['ReturnUrl', 'https://my360.example.elsewhere.example/'],
    ['ReturnUrl', 'https://sub.my360.example/'],
    ['ReturnUrl', 'http://my360.example/'],
    ['ReturnUrl', 'https://my360.example:444/'],
    ['ReturnUrl', 'https://css.example/'],
    ['CSSUrl', 'https://my360.example/a.css'],
    ['CSSUrl', 'https://css.example.elsewhere.example/a.css'],
    ['CSSUrl', `${INVOICE_CLOUD_CSS}?x`],
  ])('refuses %s %s, which is outside the allowed origins', async (field, url) => {
    const { my360, open } = await signedIn();
    const answer = await my360.unchanged(() => open({ [field]: url }));
    expect(answer).toMatchObject({ status: 422, body: { code: 'origin_not_allowed', errors: [{ field }] } });
    expect(await my360.story.db.count('from launch_tickets t join sso_sessions s on s.id = t.session_id where s.biller_id = $1', [my360.story.billerId])).toBe(0); // prettier-ignore
  });

  test('allows nothing to a biller that allows no origins', async () => {
    const { open } = await signedIn({});
    for (const body of [{ ReturnUrl: 'https://my360.example/' }, { CSSUrl: 'https://css.example/a.css' }]) {
      expect(await open(body)).toMatchObject({ status: 422, body: { code: 'origin_not_allowed' } });
    }
    expect((await open({})).status).toBe(201);
  });

  test.each([
    ['a page that does not exist', { page: 'passwords' }, 'page'],
    ['the name of a property of every object', { page: 'constructor' }, 'page'],
    ['a number', { page: 1 }, 'page'],
    ['no page', { page: undefined }, 'page'],
    ['a script as ReturnUrl', { ReturnUrl: 'javascript:alert(1)' }, 'ReturnUrl'],
    ['a password in the ReturnUrl', { ReturnUrl: 'https://me:secret@my360.example/' }, 'ReturnUrl'],
    ['a line break in the ReturnUrl', { ReturnUrl: 'https://my360.example/\n' }, 'ReturnUrl'],
    ['a backslash in the ReturnUrl', { ReturnUrl: 'https://my360.example\\@elsewhere.example/' }, 'ReturnUrl'],
    ['a relative CSSUrl', { CSSUrl: '/a.css' }, 'CSSUrl'],
    ['a CustomReturnSiteName without a ReturnUrl', { CustomReturnSiteName: 'Util360' }, 'CustomReturnSiteName'],
    [
      'an empty CustomReturnSiteName',
      { ReturnUrl: 'https://my360.example/', CustomReturnSiteName: '' },
      'CustomReturnSiteName',
    ],
    ['a ViewMode', { ViewMode: 0 }, 'ViewMode'],
    ['a RedirectID', { RedirectID: 4 }, 'RedirectID'],
    ['a token', { RemoteAuthenticationToken: 'x' }, 'RemoteAuthenticationToken'],
  ])('refuses %s', async (_, wrong, field) => {
    const { my360, open } = await signedIn();
    const answer = await my360.unchanged(() => open(wrong));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
  });
});
