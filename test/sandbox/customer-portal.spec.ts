import { startMy360, type My360 } from './my360.js';
import { COULD_BE_REAL, GOOD_ACCOUNT, MASTERCARD, NO_FUNDS, ROUTING, VISA, payByCard, submit } from './support.js';

describe('the customer portal', () => {
  let my360: My360;
  const rosa = { email: 'rosa@example.com', password: 'a secret' };
  const invoices = [
    { invoiceNumber: 'A 1', balanceDue: '42.50', dueDate: '2030-04-17' },
    { invoiceNumber: 'A/2', balanceDue: '10.00' },
  ];

  beforeEach(async () => {
    my360 = await startMy360();
    await my360.customer({ accountNumber: '1', name: 'Rosa', registered: rosa, invoices });
    await my360.customer({ accountNumber: '2', name: 'Rosa’s mill', linkedTo: rosa.email });
  });
  afterEach(() => my360.close());

  const visit = (fields: Record<string, string> = {}) => my360.visit(rosa.email, rosa.password, fields);
  const text = async (page: string) => (await fetch(page)).text();
  /** Sends a form as a browser does and follows where it leads. */
  const send = async (page: string, fields: Record<string, string>) => {
    const answer = await submit(page, fields);
    expect(answer.status).toBe(303);
    return text(new URL(answer.headers.get('location') ?? '', page).href);
  };
  const user = async () => (await my360.customers()).users as Record<string, Record<string, string>[]>[];

  describe('hand-off', () => {
    it.each([
      ['1', 'bills', 'Your bills'],
      ['2', 'paperless', 'Paperless billing'],
      ['3', 'autopay', 'AutoPay'],
      ['5', 'payment-options', 'Payment methods'],
      ['9', 'scheduled', 'Scheduled payments'],
    ])('RedirectID %s opens %s', async (redirectId, path, heading) => {
      const page = await visit({ RedirectID: redirectId });
      expect(page).toMatch(new RegExp(`^${my360.url}/portal/session/[\\w-]{32}/${path}$`));
      const answer = await fetch(page);
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      const markup = await answer.text();
      expect(markup).toContain(`<h1>${heading}</h1>`);
      expect(markup).toContain('Signed in as rosa@example.com');
      expect(markup).not.toMatch(/type="password"|<script/);
    });

    it.each([
      ['another RedirectID', { RedirectID: '4' }, 400, 'RedirectID'],
      ['no ViewMode', { ViewMode: '' }, 400, 'ViewMode'],
      ['a script for a ReturnUrl', { ReturnUrl: 'javascript:alert(1)' }, 400, 'ReturnUrl'],
      ['a CSSUrl that would extend the policy', { CSSUrl: 'https://x;sandbox/a.css' }, 400, 'CSSUrl'],
      ['an unknown token', { RemoteAuthenticationToken: 'guessed' }, 401, 'expired'],
    ])('refuses %s by a page', async (_name, fields, status, named) => {
      const token = await my360.signIn(rosa.email, rosa.password);
      const answer = await my360.handOff({ RemoteAuthenticationToken: token, ...fields });
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain(named);
    });

    it('refuses a token that has expired', async () => {
      const { billerGuid, apiKey } = my360;
      await my360.putBiller({ billerGuid, apiKey, name: 'Short', tokenLifeSeconds: 0 });
      const token = await my360.signIn(rosa.email, rosa.password);
      expect((await my360.handOff({ remoteauthenticationtoken: token })).status).toBe(401);
    });
  });

  it('signs out to a page of its own, or to the partner', async () => {
    const plain = await visit();
    expect(await text(plain)).toContain('title="Sign out"');
    expect(await text(new URL('sign-out', plain).href)).toContain('You are signed out');
    expect((await fetch(plain)).status).toBe(401);
    expect((await submit(plain, {})).status).toBe(401);

    const ReturnUrl = 'https://my360.example/bye?a=1';
    expect(await text(await visit({ ReturnUrl }))).toContain('title="Sign out and Return to Sampleton Police"');
    expect(await text(await visit({ ReturnUrl }))).not.toContain('target="_top"');
    const { billerGuid, apiKey } = my360;
    await my360.putBiller({ billerGuid, apiKey, name: 'Sampleton Police', returnInFrame: false });
    const named = await visit({ ReturnUrl, CustomReturnSiteName: 'My "360"' });
    expect(await text(named)).toContain('target="_top"');
    expect(await text(named)).toContain('title="Sign out and Return to My &quot;360&quot;"');
    const out = await fetch(new URL('sign-out', named), { redirect: 'manual' });
    expect(out.headers.get('location')).toBe(ReturnUrl);
  });

  it('lets in the partner’s style sheet and no other', async () => {
    const answer = await fetch(await visit({ CSSUrl: 'https://css.example/a.css?b=1' }));
    expect(answer.headers.get('content-security-policy')).toContain("style-src 'self' https://css.example;");
    expect(await answer.text()).toContain('href="https://css.example/a.css?b=1"');
    expect((await fetch(await visit())).headers.get('content-security-policy')).toContain("style-src 'self';");
  });

  describe('bills', () => {
    const choose = async (page: string, fields: [string, string][]) => {
      const answer = await fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
      return { status: answer.status, page: new URL(answer.headers.get('location') ?? '', page).href, answer };
    };

    it('are paid in part and in whole, counted once, and lead back', async () => {
      const bills = await visit();
      const markup = await text(bills);
      for (const shown of ['$42.50', '4/17/2030', 'value="1/A%202"', 'name="amount:1/A%2F2"']) {
        expect(markup.replace('1/A%201', '1/A%202')).toContain(shown);
      }
      const chosen = await choose(bills, [
        ['invoice', '1/A%201'],
        ['amount:1/A%201', '2.50'],
        ['invoice', '1/A%2F2'],
        ['amount:1/A%2F2', ''],
      ]);
      expect(chosen.page).toContain('/portal/cloudpay/');
      const clicks = await Promise.all([payByCard(chosen.page, VISA), payByCard(chosen.page, VISA)]);
      expect(clicks.map(({ status }) => status).sort()).toEqual([303, 409]);
      const receipt = clicks.find(({ status }) => status === 303)?.headers.get('location') ?? '';
      expect(await text(my360.url + receipt)).toContain(`href="${new URL(bills).pathname}"`);

      const ledger = await my360.ledger();
      expect(ledger.map((entry) => [entry.invoiceNumber, entry.amountCents, entry.postbacks])).toEqual([
        ['A 1', 250, []],
        ['A/2', 1000, []],
      ]);
      const after = await text(bills);
      expect(after).toContain('$40.00');
      expect(after).not.toContain('1/A%2F2');
      expect((await payByCard((await choose(bills, [['invoice', '1/A%201']])).page, VISA)).status).toBe(303);
      expect(await text(bills)).toContain('There is nothing to pay');
    });

    it('take no more than they owe, from two pages neither', async () => {
      const bills = await visit();
      const [first, second] = [
        await choose(bills, [['invoice', '1/A%201']]),
        await choose(bills, [
          ['invoice', '1/A%201'],
          ['amount:1/A%201', '2.50'],
        ]),
      ];
      expect((await payByCard(second.page, VISA)).status).toBe(303);
      expect((await payByCard(first.page, VISA)).status).toBe(409);
      expect(await my360.ledger()).toHaveLength(1);
    });

    it.each([
      ['nothing chosen', []],
      ['another’s bill', [['invoice', '9/Z']]],
      ['too much', [['invoice', '1/A%201'], ['amount:1/A%201', '42.51']]], // prettier-ignore
      ['nothing', [['invoice', '1/A%201'], ['amount:1/A%201', '0']]], // prettier-ignore
      ['a word', [['invoice', '1/A%201'], ['amount:1/A%201', 'all']]], // prettier-ignore
    ] as [string, [string, string][]][])('refuse %s', async (_name, fields) => {
      const { status, answer } = await choose(await visit(), fields);
      expect(status).toBe(422);
      expect(await answer.text()).toContain('role="alert"');
    });
  });

  it('stores test cards and bank accounts by brand and last four, and removes them', async () => {
    const page = await visit({ RedirectID: '5' });
    const card = { action: 'add-card', cardNumber: MASTERCARD, expiry: '12/30', securityCode: '123' };
    expect(await send(page, card)).toContain('Mastercard ending in 4445 is stored');
    await send(page, { action: 'add-bank', routingNumber: ROUTING, accountNumber: GOOD_ACCOUNT });
    const [{ methods }] = await user();
    expect(methods).toEqual([
      { id: expect.any(String), brand: 'MASTERCARD', lastFour: '4445' },
      { id: expect.any(String), brand: 'Bank account', lastFour: '6789' },
    ]);
    for (const cardNumber of [COULD_BE_REAL, NO_FUNDS, '1']) {
      const refused = await submit(page, { ...card, cardNumber });
      expect(refused.status).toBe(422);
      expect(await refused.text()).toContain('ending in 6789');
    }
    expect((await submit(page, { ...card, expiry: '' })).status).toBe(422);
    await send(page, { action: 'remove', method: methods[0].id });
    expect((await user())[0].methods).toHaveLength(1);
  });

  it('enrolls one account in AutoPay, whose method then stays', async () => {
    const page = await visit({ RedirectID: '3' });
    expect(await text(page)).toContain('needs a stored payment method');
    const options = new URL('payment-options', page).href;
    await send(options, { action: 'add-card', cardNumber: VISA, expiry: '12/30', securityCode: '123' });
    const [{ methods }] = await user();
    const enroll = { account: '2', action: 'enroll', method: methods[0].id };
    expect(await send(page, enroll)).toContain('Bills are paid by Visa ending in 1112');
    expect((await my360.customers()).customers).toMatchObject([{ autopay: null }, { autopay: methods[0].id }]);
    expect((await submit(options, { action: 'remove', method: methods[0].id })).status).toBe(422);
    await send(page, { account: '2', action: 'unenroll' });
    expect((await my360.customers()).customers).toMatchObject([{ autopay: null }, { autopay: null }]);
    for (const wrong of [{ account: '9' }, { method: 'guessed' }, { action: 'guessed' }]) {
      expect((await submit(page, { ...enroll, ...wrong })).status).toBe(422);
    }
  });

  it('switches one account to paperless and back', async () => {
    const page = await visit({ RedirectID: '2' });
    expect(await send(page, { account: '1', action: 'enroll' })).toContain('Account 1 is now paperless');
    expect((await my360.customers()).customers).toMatchObject([{ paperless: true }, { paperless: false }]);
    await send(page, { account: '1', action: 'unenroll' });
    expect((await my360.customers()).customers).toMatchObject([{ paperless: false }, { paperless: false }]);
  });

  it('schedules a payment, moves it and cancels it', async () => {
    const page = await visit({ RedirectID: '9' });
    const options = new URL('payment-options', page).href;
    await send(options, { action: 'add-card', cardNumber: VISA, expiry: '12/30', securityCode: '123' });
    const [{ methods }] = await user();
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const asked = { action: 'schedule', invoice: '1/A%201', method: methods[0].id, date: day(3) };
    expect(await send(page, asked)).toContain('$42.50 on ');
    for (const wrong of [asked, { ...asked, invoice: '1/A%2F2', date: day(-1) }, { ...asked, invoice: '9/Z' }]) {
      expect((await submit(page, wrong)).status).toBe(422);
    }
    const scheduled = async () => (await user())[0].scheduled;
    const payment = (await scheduled())[0].id;
    await send(page, { action: 'update', payment, date: day(5) });
    expect(await scheduled()).toMatchObject([{ date: day(5), invoiceNumber: 'A 1', amountCents: 4250 }]);
    expect((await submit(page, { action: 'update', payment, date: 'soon' })).status).toBe(422);
    await send(page, { action: 'cancel', payment });
    expect(await scheduled()).toEqual([]);
    expect((await submit(page, { action: 'cancel', payment })).status).toBe(422);
  });

  it('ends with the registration', async () => {
    const page = await visit();
    await my360.call('remoteauth/UnregisterAccounts', { EmailAddress: rosa.email, Accounts: [{ AccountNumber: '1' }] });
    expect((await fetch(page)).status).toBe(401);
  });

  it('has a Virtual Site, where a guest pays by account number', async () => {
    const site = `${my360.url}/portal/2/Site.aspx?g=${my360.billerGuid}`;
    expect(await text(site)).toContain('name="accountNumber"');
    for (const accountNumber of ['2', 'none']) expect((await submit(site, { accountNumber })).status).toBe(422);
    const found = await submit(site, { accountNumber: '1' });
    expect(found.status).toBe(303);
    const page = new URL(found.headers.get('location') ?? '', site).href;
    expect((await payByCard(page, VISA)).status).toBe(303);
    expect((await my360.ledger()).map((entry) => entry.amountCents)).toEqual([4250, 1000]);
    expect((await fetch(`${my360.url}/portal/2/Site.aspx?G=none`)).status).toBe(404);
  });
});
