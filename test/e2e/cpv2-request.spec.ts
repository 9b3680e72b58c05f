import { closeDb } from '../support/db.js';
import { sampleRequest } from '../support/sample.js';
import { newStory } from '../support/story.js';

afterAll(closeDb);

/** Every parameter of the design's six tables, the ones marked N too, in the design's spelling. */
const EVERYTHING = {
  CreateCustomerRecord: true,
  Customers: [
    {
      AccountNumber: '209860',
      DisplayAccountNumber: 'A-209860',
      Name: 'Jane Payer',
      Address: '6750 W Peoria Ave',
      City: 'Peoria',
      State: 'Arizona',
      Zip: '85345',
      EmailAddress: 'payer@example.com',
      Invoices: [
        {
          InvoiceNumber: '2025000158',
          TypeID: 39,
          DueDate: '4/17/2025',
          InvoiceDate: '4/16/2025',
          BalanceDue: 3.25,
          CCServiceFee: 0,
          AchServiceFee: 0,
          MinimumAmountDue: 1.5,
          AllowPartialPayments: false,
        },
      ],
    },
  ],
  AllowEMV: true,
  AllowSwipe: false,
  EMVDeviceID: 'device-1',
  EMVLocationID: 'location-1',
  CashierName: 'Casey Cashier',
  AllowCCPayment: true,
  AllowACHPayment: false,
  PageLoadOverride: 4,
  BillerReference: '209860|12570',
  ViewMode: 1,
  CssUrl: 'https://www.invoicecloud.com/ssotest/sso-gmp.css',
  ReturnURL: 'https://portal.leadsonline.example/return?from=ic&x=1',
  PageResultOptions: {
    AllowRegisterAccount: true,
    InvoiceOptions: { AllowViewStatement: true, AllowRemove: false, AllowViewRelated: true, AllowRemindMe: false },
  },
};
const TOKEN = 'remote-authentication-token-0123456789';

describe('the Cloud Payments request', () => {
  test('takes every parameter of the design and sends each in the sample’s spelling and form', async () => {
    const story = await newStory();
    const answer = await story.ask({
      ...EVERYTHING,
      RemoteAuthenticationToken: TOKEN,
      PostBackURL: 'https://partner.example.com/log',
    });
    expect(answer.status).toBe(201);
    const { PostBackURL, RemoteAuthenticationToken, ...sent } = (await story.lastAsked()).body;
    expect(sent).toEqual(EVERYTHING);
    expect(RemoteAuthenticationToken).toHaveLength(TOKEN.length);
    expect(PostBackURL).toEqual(expect.any(String));
  });

  test('keeps the order of the sample on the wire, and numbers and booleans as such', async () => {
    const story = await newStory();
    await story.open();
    const { text, headers } = await story.lastAsked();
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(text).toContain('{"CreateCustomerRecord":true,"Customers":[{"AccountNumber":"209860","Name":"Jane Payer"');
    expect(text).toContain(
      '"InvoiceNumber":"2025000158","TypeID":39,"DueDate":"4/17/2025","InvoiceDate":"4/17/2025","BalanceDue":3,"CCServiceFee":0,"AchServiceFee":0',
    );
    expect(text).toContain('"PageLoadOverride":4');
  });

  test('gives Invoice Cloud an address of ours with a capability of 128 bits or more, not the partner’s', async () => {
    const story = await newStory();
    const partnerUrl = 'https://partner.example.com/ETicketsAjax/LogInvoiceCloudPayment';
    const [first, second] = [
      await story.openAnother({ PostBackURL: partnerUrl }),
      await story.openAnother({ PostBackURL: partnerUrl }),
    ];
    const paths = [first, second].map(({ postBackUrl }) => new URL(postBackUrl).pathname);
    for (const path of paths) expect(path).toMatch(/^\/postbacks\/[A-Za-z0-9_-]{22,100}$/);
    expect(paths[0]).not.toBe(paths[1]);
    for (const { text } of await story.requests()) expect(text).not.toContain('partner.example.com');
    const stored = await story.db.rows('select postback_url from payments where biller_id = $1', [story.billerId]);
    expect(stored.map(({ postback_url }) => postback_url)).toEqual([partnerUrl, partnerUrl]);
  });

  test('reads names without regard to case, as clients in the field write them', async () => {
    const story = await newStory();
    const recased = (value: unknown, change: (name: string) => string): unknown =>
      Array.isArray(value)
        ? value.map((item) => recased(item, change))
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [change(name), recased(inner, change)]))
          : value;
    for (const change of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
      expect((await story.ask(recased(EVERYTHING, change))).status).toBe(201);
      expect((await story.lastAsked()).body).toMatchObject(EVERYTHING);
    }
    const observed = await story.ask({
      ...sampleRequest(
        { CssUrl: undefined, CSSUrl: 'https://example.com/a.css' },
        {},
        { AchServiceFee: undefined, ACHServiceFee: 0 },
      ),
      PostbackURL: 'https://partner.example.com/',
      ReturnUrl: 'https://example.com/back',
    });
    expect(observed.status).toBe(201);
    const { body } = await story.lastAsked();
    expect(body).toMatchObject({ CssUrl: 'https://example.com/a.css', ReturnURL: 'https://example.com/back' });
    expect(body.Customers[0].Invoices[0].AchServiceFee).toBe(0);
  });

  test('refuses a field that comes twice in different case', async () => {
    const story = await newStory();
    const answer = await story.ask({ ...sampleRequest(), viewmode: 0 });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field: 'ViewMode' }]);
  });

  test.each([
    ['3', 3, 300],
    ['3.0', 3, 300],
    ['3.00', 3, 300],
    ['42.50', 42.5, 4250],
    [42.5, 42.5, 4250],
    [0.1, 0.1, 10],
    [0.29, 0.29, 29],
    ['1234567.89', 1234567.89, 123456789],
    [99999999.99, 99999999.99, 9999999999],
    [0, 0, 0],
  ])('reads the amount %j', async (sent, onTheWire, cents) => {
    const story = await newStory();
    const { view } = await story.open({}, {}, { BalanceDue: sent, MinimumAmountDue: sent });
    expect(view.amountDueCents).toBe(cents);
    const [invoice] = (await story.lastAsked()).body.Customers[0].Invoices;
    expect(invoice).toMatchObject({ BalanceDue: onTheWire, MinimumAmountDue: onTheWire });
  });

  test.each([
    ['4/7/2025', '4/7/2025'],
    ['04/07/2025', '4/7/2025'],
    ['2025-04-07', '4/7/2025'],
    ['2025-04-07T00:00:00', '4/7/2025'],
    ['2/29/2024', '2/29/2024'],
    ['12/31/2025', '12/31/2025'],
  ])('reads the date %s and sends %s', async (sent, onTheWire) => {
    const story = await newStory();
    await story.open({}, {}, { DueDate: sent, InvoiceDate: sent });
    const [invoice] = (await story.lastAsked()).body.Customers[0].Invoices;
    expect(invoice).toMatchObject({ DueDate: onTheWire, InvoiceDate: onTheWire });
  });

  test('reads booleans and whole numbers as text too, null as omitted, and account numbers as numbers', async () => {
    const story = await newStory();
    const answer = await story.ask(
      sampleRequest(
        { AllowEMV: 'true', AllowSwipe: 'False', ViewMode: '0', PageLoadOverride: '4', CashierName: null, CssUrl: '' },
        { AccountNumber: 209860 },
        { InvoiceNumber: 2025000158, TypeID: '39' },
      ),
    );
    expect(answer.status).toBe(201);
    const { body } = await story.lastAsked();
    expect(body).toMatchObject({ AllowEMV: true, AllowSwipe: false, ViewMode: 0, PageLoadOverride: 4 });
    expect(body).not.toHaveProperty('CashierName');
    expect(body).not.toHaveProperty('CssUrl');
    expect(body.Customers[0]).toMatchObject({ AccountNumber: '209860' });
    expect(body.Customers[0].Invoices[0]).toMatchObject({ InvoiceNumber: '2025000158', TypeID: 39 });
  });

  test('needs only ViewMode, Customers, AccountNumber and InvoiceNumber', async () => {
    const story = await newStory();
    const least = { ViewMode: 0, Customers: [{ AccountNumber: 'a', Invoices: [{ InvoiceNumber: 'i' }] }] };
    // The sandbox, as Invoice Cloud would, knows no such customer yet.
    await story.open({}, { AccountNumber: 'a' }, { InvoiceNumber: 'other' });
    const answer = await story.ask(least);
    expect(answer.status).toBe(201);
    expect(answer.body.amountDueCents).toBeNull();
    const { PostBackURL, ...sent } = (await story.lastAsked()).body;
    expect(sent).toEqual(least);
    expect(PostBackURL).toEqual(expect.any(String));
  });

  test('asks Invoice Cloud with the biller’s key alone in Basic, no colon behind it', async () => {
    const story = await newStory();
    await story.open();
    // The sandbox answers 401 to any other key, and records no credentials.
    const { status, headers } = await story.lastAsked();
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('authorization');
  });

  describe('a field that the design does not name', () => {
    const unknown = sampleRequest(
      { UserType: 3, UserLogName: 'clerk', Extra: { Deep: [1, { a: 'b' }] } },
      { Nickname: 'Janey' },
      { Colour: 'red' },
    );

    test('is an error that names it on /v1', async () => {
      const story = await newStory();
      const answer = await story.ask(unknown);
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('invalid_request');
      const fields = answer.body.errors.map(({ field }: { field: string }) => field).sort();
      expect(fields).toEqual([
        'Customers[0].Invoices[0].Colour',
        'Customers[0].Nickname',
        'Extra',
        'UserLogName',
        'UserType',
      ]);
      expect(await story.requests()).toEqual([]);
      expect(await story.paymentsStored()).toBe(0);
    });

    test('is forwarded as it came on the drop-in route', async () => {
      const story = await newStory();
      expect((await story.askDropIn(unknown)).status).toBe(200);
      const { body } = await story.lastAsked();
      expect(body).toMatchObject({ UserType: 3, UserLogName: 'clerk', Extra: { Deep: [1, { a: 'b' }] } });
      expect(body.Customers[0]).toMatchObject({ Nickname: 'Janey' });
      expect(body.Customers[0].Invoices[0]).toMatchObject({ Colour: 'red' });
    });
  });
});
