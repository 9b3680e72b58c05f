import { once } from 'node:events';
import { connect } from 'node:net';
import { sampleRequest, startStory, withInvoice, type Story } from './support.js';

describe('the wire', () => {
  let story: Story;
  const nowhere = 'http://127.0.0.1:9/postback';

  beforeEach(async () => {
    story = await startStory();
  });
  afterEach(() => story.close());

  describe('credentials', () => {
    it.each([
      ['the key alone', (key: string) => key, 200],
      ['the key as user name', (key: string) => `${key}:`, 200],
      ['another key', () => 'another', 401],
      ['a key and a password', (key: string) => `${key}:secret`, 401],
      ['nothing', () => '', 401],
    ])('Cloud Payments with %s', async (_name, credentials, status) => {
      const answer = await story.ask(sampleRequest(nowhere), credentials(story.apiKey));
      expect(answer.status).toBe(status);
      const envelope: unknown = await answer.json();
      if (status === 401) expect(envelope).toEqual({ Data: null, Message: expect.any(String) });
    });

    it.each([
      ['the key as user name', (key: string) => `${key}:`, 200],
      ['the key alone', (key: string) => key, 401],
      ['another key', () => 'another:', 401],
    ])('biller status with %s', async (_name, credentials, status) => {
      const authorization = `Basic ${Buffer.from(credentials(story.apiKey)).toString('base64')}`;
      const answer = await fetch(`${story.url}/api/v1/biller/status`, { headers: { authorization } });
      expect(answer.status).toBe(status);
    });

    it('are no longer good once the key was changed', async () => {
      await story.putBiller({ billerGuid: story.billerGuid, apiKey: 'the-next-key', name: 'Rotated' });
      expect((await story.ask(sampleRequest(nowhere))).status).toBe(401);
      expect((await story.ask(sampleRequest(nowhere), 'the-next-key')).status).toBe(200);
    });
  });

  it('reads names in any case, amounts and booleans as text', async () => {
    const page = await story.open({
      createcustomerrecord: 'True',
      CUSTOMERS: [{ accountnumber: 209860, INVOICES: [{ invoiceNUMBER: 7, balancedue: '42.50', ACHServiceFee: '0' }] }],
      PostbackURL: nowhere,
      CSSUrl: 'anything',
      viewmode: '0',
      UserType: 'unknown fields are kept',
    });
    expect(await (await fetch(page)).text()).toContain('$42.50');
    expect((await story.requests())[0].body.UserType).toBe('unknown fields are kept');
  });

  it.each(['4/7/2025', '04/07/2025', '2025-04-07', '2025-04-07T00:00:00Z'])('reads the date %s', async (date) => {
    const page = await story.open(withInvoice({ DueDate: date }));
    expect(await (await fetch(page)).text()).toContain('4/7/2025');
  });

  it('reads the sentinel date', async () => {
    expect((await story.ask(withInvoice({ DueDate: '1/1/0001' }))).status).toBe(200);
  });

  const without = (name: string) => {
    const request = sampleRequest(nowhere);
    delete request[name];
    return request;
  };
  it.each([
    ['no ViewMode', () => without('ViewMode'), 'ViewMode'],
    ['ViewMode 2', () => sampleRequest(nowhere, { ViewMode: 2 }), 'ViewMode'],
    ['no Customers', () => without('Customers'), 'Customers'],
    ['empty Customers', () => sampleRequest(nowhere, { Customers: [] }), 'Customers'],
    ['Customers that are no list', () => sampleRequest(nowhere, { Customers: {} }), 'Customers'],
    ['a customer that is none', () => sampleRequest(nowhere, { Customers: ['x'] }), 'Customers[0]'],
    ['no AccountNumber', () => sampleRequest(nowhere, { Customers: [{}] }), 'Customers[0].AccountNumber'],
    ['no InvoiceNumber', () => withInvoice({ InvoiceNumber: '' }), 'Customers[0].Invoices[0].InvoiceNumber'],
    ['a word for an amount', () => withInvoice({ BalanceDue: 'three' }), 'BalanceDue'],
    ['a negative amount', () => withInvoice({ BalanceDue: -3 }), 'BalanceDue'],
    ['three decimals', () => withInvoice({ BalanceDue: 3.005 }), 'BalanceDue'],
    ['a fee that is none', () => withInvoice({ AchServiceFee: 'free' }), 'ACHServiceFee'],
    ['an impossible date', () => withInvoice({ DueDate: '2/30/2025' }), 'DueDate'],
    ['an unreadable date', () => withInvoice({ InvoiceDate: 'tomorrow' }), 'InvoiceDate'],
    ['a PostBackURL that is none', () => sampleRequest('nowhere'), 'PostBackURL'],
    ['a script for a ReturnURL', () => sampleRequest(nowhere, { ReturnURL: 'javascript:alert(1)' }), 'ReturnURL'],
    ['an unreadable boolean', () => sampleRequest(nowhere, { AllowCCPayment: 'maybe' }), 'AllowCCPayment'],
    ['an unknown account', () => without('CreateCustomerRecord'), 'CreateCustomerRecord'],
    ['a list', () => [], 'JSON object'],
    ['broken JSON', () => '{"ViewMode":', 'JSON'],
    [
      '1e400',
      () => JSON.stringify(withInvoice({ BalanceDue: 7 })).replace('"BalanceDue":7', '"BalanceDue":1e400'),
      'BalanceDue',
    ],
  ])('refuses %s', async (_name, request, named) => {
    const answer = await story.ask(request());
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ Data: null, Message: expect.stringContaining(named) });
    expect((await story.requests())[0].status).toBe(400);
  });

  it('refuses an invoice that stands twice in the cart', async () => {
    const request = sampleRequest(nowhere);
    request.Customers[0].Invoices.push({ ...request.Customers[0].Invoices[0] });
    expect((await story.ask(request)).status).toBe(400);
    request.Customers[0].Invoices.pop();
    request.Customers.push(request.Customers[0]);
    expect((await story.ask(request)).status).toBe(400);
  });

  it('refuses a body above its limit in its own envelope', async () => {
    const answer = await story.ask(sampleRequest(nowhere, { Filler: 'x'.repeat(1_100_000) }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ Data: null });
  });

  it('knows an account once it was made, and what it owes', async () => {
    await story.ask(sampleRequest(nowhere));
    const page = await story.open({
      ViewMode: 0,
      CreateCustomerRecord: false,
      Customers: [{ AccountNumber: '209860' }],
    });
    const markup = await (await fetch(page)).text();
    expect(markup).toContain('2025000158');
    expect(markup).toContain('Jane Payer');
  });

  it('records what was asked, in its own form and without the key', async () => {
    const text = JSON.stringify(sampleRequest(nowhere)).replace('"BalanceDue":3', '"BalanceDue":3.0');
    await story.ask(text);
    const [asked] = await story.requests();
    expect(asked).toMatchObject({
      operation: 'cloud-payments',
      method: 'POST',
      path: '/cloudpaymentsapi/v2',
      status: 200,
    });
    expect(asked.text).toBe(text);
    expect(asked.body).toEqual(sampleRequest(nowhere));
    expect(asked.headers).not.toHaveProperty('authorization');
    expect(asked.headers['content-type']).toBe('application/json');
  });

  it('accepts nothing but test numbers that fail the Luhn check', async () => {
    const { TEST_BANK_ACCOUNTS, TEST_CARDS, passesLuhn } = await import('../../sandbox/test-numbers.js');
    const numbers = [...TEST_CARDS.map((card) => card.number), ...TEST_BANK_ACCOUNTS.map((bank) => bank.account)];
    expect(numbers.filter(passesLuhn)).toEqual([]);
    expect(passesLuhn('4111111111111111')).toBe(true);
  });

  it('answers a half request on a bare socket without falling over', async () => {
    const socket = connect(Number(new URL(story.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.end('NONSENSE\r\n\r\n').resume();
    await once(socket, 'close');
    expect((await fetch(`${story.url}/_sandbox/health`)).status).toBe(200);
  });
});
