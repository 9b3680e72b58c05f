import { startMy360, type My360 } from './my360.js';
import { MASTERCARD, VISA, json, payByCard, sampleRequest, startReceiver, submit } from './support.js';

describe('the hosted page', () => {
  let my360: My360;
  let partner: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    my360 = await startMy360();
    partner = await startReceiver();
  });
  afterEach(async () => {
    await my360.close();
    await partner.close();
  });

  const read = async (page: string) => (await fetch(page)).text();
  const two = (changes: Record<string, unknown> = {}) => {
    const request = sampleRequest(partner.url, changes);
    request.Customers[0].Invoices.push({ InvoiceNumber: '2025000159', BalanceDue: 4.5, DueDate: '4/18/2025' });
    return request;
  };
  const mails = () => json<{ to: string[]; text: string }[]>(fetch(`${my360.url}/_sandbox/mailbox`));
  const users = async () => (await my360.customers()).users as { email: string; accounts: string[] }[];

  describe('offers exactly what PageResultOptions allow', () => {
    const options = [
      ['AllowViewStatement', 'View Statement', 'statement/0', 'GET'],
      ['AllowViewRelated', 'View Related', 'related/0', 'GET'],
      ['AllowRemindMe', 'Remind Me', 'remind/0', 'GET'],
      ['AllowRemindMe', 'Remind Me', 'remind/0', 'POST'],
      ['AllowRemove', 'Remove', 'cart', 'POST'],
    ] as const;
    const answer = (page: string, path: string, method: string) =>
      fetch(`${page}/${path}`, {
        method,
        ...(method === 'POST' && { body: new URLSearchParams({ line: '0', action: 'remove' }) }),
        redirect: 'manual',
      });

    it.each(options)('%s', async (option, label, path, method) => {
      const only = await my360.open(
        sampleRequest(partner.url, { PageResultOptions: { InvoiceOptions: { [option]: 'true' } } }),
      );
      const labels = options.map(([, one]) => one).filter((one) => one !== label);
      const markup = await read(only);
      expect(markup).toContain(`${label}<span`);
      for (const other of [...labels, 'Register']) expect(markup).not.toContain(`${other}<`);
      expect((await answer(only, path, method)).status).not.toBe(404);

      const without = Object.fromEntries(options.map(([one]) => [one, one !== option]));
      const others = await my360.open(sampleRequest(partner.url, { PageResultOptions: { InvoiceOptions: without } }));
      expect(await read(others)).not.toContain(`${label}<`);
      expect((await answer(others, path, method)).status).toBe(404);
    });

    it('AllowRegisterAccount', async () => {
      const registration = (AllowRegisterAccount: boolean) =>
        my360.open(sampleRequest(partner.url, { PageResultOptions: { AllowRegisterAccount } }));
      const [yes, no] = [await registration(true), await registration(false)];
      expect(await read(yes)).toContain(`href="${new URL(yes).pathname}/register"`);
      expect(await read(no)).not.toContain('Register');
      expect((await fetch(`${yes}/register`)).status).toBe(200);
      expect((await fetch(`${no}/register`)).status).toBe(404);
      expect((await submit(`${no}/register`, {})).status).toBe(404);
    });
  });

  it('shows a statement with what was paid', async () => {
    const page = await my360.open(sampleRequest(partner.url));
    await payByCard(page, VISA);
    const markup = await read(`${page}/statement/0`);
    for (const shown of ['Jane Payer', '1 Sample Street', '4/17/2025', 'Payment, thank you', '-$3.00', '$0.00']) {
      expect(markup).toContain(shown);
    }
    for (const wrong of ['1', '-1', 'x']) expect((await fetch(`${page}/statement/${wrong}`)).status).toBe(404);
  });

  it('shows the related invoices of the account and of no other', async () => {
    await my360.customer({ accountNumber: 'another', name: 'Another', balance: '99.00' });
    await payByCard(await my360.open(sampleRequest(partner.url)), VISA);
    const later = sampleRequest(partner.url);
    later.Customers[0].Invoices[0].InvoiceNumber = '2025000160';
    const page = await my360.open(later);
    const markup = await read(`${page}/related/0`);
    expect(markup).toContain('2025000158');
    expect(markup).toContain('Paid');
    expect(markup).not.toMatch(/another-1|2025000160/);
  });

  it('takes an invoice out of the cart, and puts it back', async () => {
    const page = await my360.open(two());
    expect((await submit(`${page}/cart`, { line: '0', action: 'remove' })).status).toBe(303);
    const markup = await read(page);
    expect(markup).toContain('Invoice 2025000158 was removed from the cart');
    expect(markup).toContain('Pay $4.50 by card');
    expect((await fetch(`${page}/statement/0`)).status).toBe(404);
    await submit(`${page}/cart`, { line: '1', action: 'remove' });
    expect(await read(page)).toContain('Your cart is empty');
    expect((await payByCard(page, VISA)).status).toBe(409);
    await submit(`${page}/cart`, { line: '1', action: 'restore' });
    expect((await payByCard(page, VISA)).status).toBe(303);
    expect((await my360.ledger()).map((entry) => entry.invoiceNumber)).toEqual(['2025000159']);
    expect((await submit(`${page}/cart`, { line: '7', action: 'remove' })).status).toBe(404);
  });

  it('does not take money for a cart that the payer has not seen', async () => {
    const page = await my360.open(two());
    await submit(`${page}/cart`, { line: '1', action: 'remove' });
    const [, seen] = /name="cart" value="([^"]*)"/.exec(await read(page)) ?? [];
    await submit(`${page}/cart`, { line: '1', action: 'restore' });
    const card = { method: 'card', cardNumber: VISA, expiry: '12/30', securityCode: '123' };
    const refused = await submit(page, { ...card, cart: seen });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('The cart has changed');
    const [, now] = /name="cart" value="([^"]*)"/.exec(await read(page)) ?? [];
    expect((await submit(page, { ...card, cart: now })).status).toBe(303);
    expect(await my360.ledger()).toHaveLength(2);
  });

  it('writes a reminder into the mailbox', async () => {
    const page = await my360.open(sampleRequest(partner.url));
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(await read(`${page}/remind/0`)).toContain('value="payer@example.com"');
    const email = 'somebody@example.com';
    for (const wrong of [
      { email: 'nobody', day },
      { email, day: '' },
      { email, day: '2020-01-01' },
    ]) {
      expect((await submit(`${page}/remind/0`, wrong)).status).toBe(422);
    }
    expect(await mails()).toEqual([]);
    expect((await submit(`${page}/remind/0`, { email, day })).status).toBe(303);
    expect(await mails()).toMatchObject([{ to: [email], text: expect.stringContaining(page) }]);
    expect(await read(page)).toContain(`goes to ${email}`);
    expect(await read(page)).not.toContain(`goes to ${email}`);
    await payByCard(page, VISA);
    expect((await submit(`${page}/remind/0`, { email, day })).status).toBe(404);
  });

  it('registers the account, whose user can then sign in', async () => {
    const page = await my360.open(sampleRequest(partner.url));
    const form = { email: 'new@example.com', password: 'long enough', repeated: 'long enough' };
    await my360.customer({ accountNumber: '9', name: 'U', registered: { email: 'u@example.com', password: 'x' } });
    for (const wrong of [
      { email: 'new' },
      { password: 'short', repeated: 'short' },
      { repeated: 'another' },
      { email: 'U@example.com' },
    ]) {
      const refused = await submit(`${page}/register`, { ...form, ...wrong });
      expect(refused.status).toBe(422);
      expect(await refused.text()).not.toContain('long enough');
    }
    expect((await submit(`${page}/register`, form)).status).toBe(303);
    expect(await users()).toMatchObject([{ email: 'u@example.com' }, { email: form.email, accounts: ['209860'] }]);
    expect(await my360.signIn(form.email, form.password)).toMatch(/^[\w-]{43}$/);
    expect(await read(page)).not.toContain('/register"');
    expect((await submit(`${page}/register`, { ...form, email: 'second@example.com' })).status).toBe(422);
  });

  it('reads cards by simulated readers where they are allowed', async () => {
    const terminal = { EMVDeviceID: 'LANE-3', EMVLocationID: 'FRONT-DESK', CashierName: 'P. Cashier' };
    const page = await my360.open(two(terminal));
    const markup = await read(page);
    for (const shown of [...Object.values(terminal), 'Simulated swipe reader', 'Simulated EMV reader']) {
      expect(markup).toContain(shown);
    }
    expect((await submit(page, { method: 'swipe' })).status).toBe(422);
    expect((await submit(page, { method: 'emv', testCard: '4000000000009996' })).status).toBe(402);
    expect((await submit(page, { method: 'swipe', testCard: MASTERCARD })).status).toBe(303);
    const ledger = await my360.ledger();
    expect(ledger[0]).toMatchObject({ method: 'card', reader: 'emv', approved: false });
    expect(ledger[3]).toMatchObject({ method: 'card', reader: 'swipe', parameters: { PaymentTypeID: '1' } });

    const other = sampleRequest(partner.url, { AllowEMV: false, AllowSwipe: undefined });
    other.Customers[0].Invoices[0].InvoiceNumber = '2025000160';
    const none = await my360.open(other);
    expect(await read(none)).not.toContain('Simulated');
    for (const method of ['swipe', 'emv']) {
      expect((await submit(none, { method, testCard: MASTERCARD })).status).toBe(422);
    }
  });

  it('is a page of its own, or one for an iframe', async () => {
    const [own, framed] = [
      await read(await my360.open(sampleRequest(partner.url, { ViewMode: 0 }))),
      await read(await my360.open(sampleRequest(partner.url, { ViewMode: 1 }))),
    ];
    expect(own).toContain('class="masthead"');
    expect(framed).not.toContain('class="masthead"');
    expect(framed).toContain('class="page framed"');
  });

  it.each([
    [0, true, false],
    [1, true, false],
    [0, false, false],
    [1, false, true],
  ])(
    'leads back to the ReturnURL, with ViewMode %s and returnInFrame %s out of the frame: %s',
    async (ViewMode, returnInFrame, top) => {
      const { billerGuid, apiKey } = my360;
      await my360.putBiller({ billerGuid, apiKey, name: 'Back', returnInFrame });
      const page = await my360.open(sampleRequest(partner.url, { ViewMode, ReturnURL: 'https://partner.example/' }));
      const paid = await payByCard(page, VISA);
      const markup = await read(new URL(paid.headers.get('location') ?? '', page).href);
      const [link = ''] = /<a\s[^>]*href="https:\/\/partner\.example\/"[^>]*>/.exec(markup) ?? [];
      expect(link.includes('target="_top"')).toBe(top);
    },
  );
});
