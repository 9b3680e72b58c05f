import { api, type Json } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { LEADSONLINE_POLICY, sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newPartner, newStory, type StoryOptions } from '../support/story.js';

afterAll(closeDb);

const leadsOnline = (options: StoryOptions = {}) => newStory({ cloudPayPolicy: LEADSONLINE_POLICY, ...options });

describe('a biller’s CloudPay policy', () => {
  test('lets the design’s own sample through unchanged', async () => {
    const story = await leadsOnline();
    await story.open();
    const { PostBackURL, ...sent } = (await story.lastAsked()).body;
    expect(sent).toEqual(sampleRequest());
    expect(PostBackURL).toEqual(expect.any(String));
  });

  test('fills in what is pinned and omitted, and its defaults', async () => {
    const story = await leadsOnline();
    await story.open(
      { PageLoadOverride: undefined, CssUrl: undefined },
      {},
      { TypeID: undefined, CCServiceFee: undefined, AchServiceFee: undefined },
    );
    const { body } = await story.lastAsked();
    expect(body).toMatchObject({ PageLoadOverride: 4, CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css' });
    expect(body.Customers[0].Invoices[0]).toMatchObject({ TypeID: 39, CCServiceFee: 0, AchServiceFee: 0 });
  });

  test('lets the request’s own value stand over a default', async () => {
    const story = await leadsOnline({ returnUrl: 'https://portal.leadsonline.example/return' });
    await story.open({ CssUrl: 'https://example.com/own.css', ReturnURL: 'https://example.com/own' });
    const { body } = await story.lastAsked();
    expect(body).toMatchObject({ CssUrl: 'https://example.com/own.css', ReturnURL: 'https://example.com/own' });
  });

  test('gives ReturnURL from setting 36, a value of its own for every biller', async () => {
    const [one, other, none] = [
      await leadsOnline({ returnUrl: 'https://one.example.com/return' }),
      await leadsOnline({ returnUrl: 'https://other.example.com/return' }),
      await leadsOnline(),
    ];
    await one.open();
    await other.open();
    await none.open();
    expect((await one.lastAsked()).body.ReturnURL).toBe('https://one.example.com/return');
    expect((await other.lastAsked()).body.ReturnURL).toBe('https://other.example.com/return');
    expect((await none.lastAsked()).body).not.toHaveProperty('ReturnURL');
  });

  test.each([
    ['PageLoadOverride', { PageLoadOverride: 2 }, {}, 2, 4],
    ['Customers[0].Invoices[0].TypeID', {}, { TypeID: 40 }, 40, 39],
    ['Customers[0].Invoices[0].CCServiceFee', {}, { CCServiceFee: 1.25 }, 1.25, 0],
    ['Customers[0].Invoices[0].AchServiceFee', {}, { AchServiceFee: '0.01' }, 0.01, 0],
  ])(
    'refuses another value of %s, naming field, value sent and value allowed',
    async (field, changes, invoice, sent, allowed) => {
      const story = await leadsOnline();
      const answer = await story.ask(sampleRequest(changes, {}, invoice));
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ code: 'policy_violation', errors: [{ field, sent, allowed }] });
      expect(await story.paymentsStored()).toBe(0);
      expect(await story.requests()).toEqual([]);
    },
  );

  test('names everything that differs at once', async () => {
    const story = await leadsOnline();
    const answer = await story.ask(sampleRequest({ PageLoadOverride: 1 }, {}, { TypeID: 1, CCServiceFee: 1 }));
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toHaveLength(3);
  });

  const customer = sampleRequest().Customers[0];
  test.each<[string, Json, string, number]>([
    ['two customers', { Customers: [customer, customer] }, 'Customers', 422],
    [
      'two invoices',
      { Customers: [{ ...customer, Invoices: [...customer.Invoices, ...customer.Invoices] }] },
      'Customers[0].Invoices',
      422,
    ],
    ['no customer', { Customers: [] }, 'Customers', 400],
    ['no list of customers', { Customers: undefined }, 'Customers', 400],
    ['no invoice', { Customers: [{ ...customer, Invoices: [] }] }, 'Customers[0].Invoices', 400],
    ['no list of invoices', { Customers: [{ ...customer, Invoices: undefined }] }, 'Customers[0].Invoices', 400],
  ])('takes exactly one customer with one invoice: %s', async (_, changes, field, status) => {
    const story = await leadsOnline();
    const answer = await story.ask(sampleRequest(changes));
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect(await story.paymentsStored()).toBe(0);
    expect(await story.requests()).toEqual([]);
  });

  test('holds for the drop-in route too', async () => {
    const story = await leadsOnline();
    const answer = await story.askDropIn(sampleRequest({}, {}, { TypeID: 40 }));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      Data: null,
      Code: 'policy_violation',
      Errors: [{ field: 'Customers[0].Invoices[0].TypeID', sent: 40, allowed: 39 }],
    });
  });

  test.each<[string, object]>([
    ['a field that does not exist', { pinned: { 'Customers.Invoices.TypId': 39 } }],
    ['a list', { pinned: { Customers: 'one' } }],
    ['text where a number is wanted', { pinned: { PageLoadOverride: 'four' } }],
    ['a number out of range', { pinned: { ViewMode: 7 } }],
    ['an amount with three decimals', { pinned: { 'Customers.Invoices.CCServiceFee': 0.125 } }],
    ['a date that does not exist', { pinned: { 'Customers.Invoices.DueDate': '2/30/2025' } }],
    ['a javascript: URL', { defaults: { CssUrl: 'javascript:alert(1)' } }],
    ['a URL of the private network', { defaults: { ReturnURL: 'https://10.0.0.1/' } }],
    ['a control character', { defaults: { CashierName: 'a\u0000b' } }],
  ])('can’t be set to what no request could hold: %s', async (_, cloudPayPolicy) => {
    const partner = await newPartner();
    const answer = await api({
      path: '/admin/v1/billers',
      key: stage.settings['ADMIN_KEY'],
      body: {
        partnerId: partner.id,
        name: 'x',
        dba: 'x',
        billerGuid: crypto.randomUUID(),
        mode: 'test',
        cloudPayPolicy,
      },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toContain('cloudPayPolicy');
  });
});
