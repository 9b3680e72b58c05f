import {
  CLOSED_ACCOUNT,
  COULD_BE_REAL,
  EXPIRED,
  GOOD_ACCOUNT,
  MASTERCARD,
  NO_FUNDS,
  VISA,
  payByBank,
  payByCard,
  sampleRequest,
  startReceiver,
  startStory,
  submit,
  json,
  type Envelope,
  type Story,
} from './support.js';

describe('a payment on the hosted page', () => {
  let story: Story;
  let partner: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    story = await startStory();
    partner = await startReceiver();
  });
  afterEach(async () => {
    await story.close();
    await partner.close();
  });

  it('goes from the sample request to a receipt and the eighteen PostBack parameters', async () => {
    const answer = await story.ask(sampleRequest(partner.url));
    expect(answer.status).toBe(200);
    const envelope = await json<Envelope>(answer);
    expect(envelope).toEqual({ Data: { CloudPaymentURL: expect.any(String) }, Message: null });
    const page = envelope.Data.CloudPaymentURL;
    expect(page.startsWith(`${story.url}/portal/cloudpay/`)).toBe(true);
    expect(page.split('/').pop()).toMatch(/^[\w-]{32}$/);

    const shown = await fetch(page);
    expect(shown.status).toBe(200);
    const markup = await shown.text();
    for (const text of ['Sampleton Police', '209860', 'Jane Payer', '2025000158', '39', '4/17/2025', '$3.00']) {
      expect(markup).toContain(text);
    }

    const paid = await payByCard(page, VISA);
    expect(paid.status).toBe(303);
    const receipt = await fetch(new URL(paid.headers.get('location') ?? '', page));
    expect(receipt.status).toBe(200);

    const [attempt] = await story.ledger();
    expect(attempt).toMatchObject({ invoiceNumber: '2025000158', amountCents: 300, feeCents: 0, approved: true });
    expect(attempt.postbacks).toEqual([{ at: expect.any(String), status: 204, error: null }]);
    const receiptText = await receipt.text();
    expect(receiptText).toContain(attempt.paymentGuid);
    expect(receiptText).toContain('close this window');

    expect(partner.received).toHaveLength(1);
    expect(partner.received[0].headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(partner.received[0].fields).toEqual({
      BillerGUID: story.billerGuid,
      PaymentDate: expect.stringMatching(/^\d{1,2}\/\d{1,2}\/\d{4} (1[0-2]|[1-9]):\d{2}:\d{2} [AP]M$/),
      InvoiceNumber: '2025000158',
      Approved: 'True',
      CustomerName: 'Jane Payer',
      CustomerAddress: '1 Sample Street',
      CustomerCity: 'Sampleton',
      CustomerState: 'Arizona',
      CustomerZip: '85000',
      PaymentGUID: attempt.paymentGuid,
      PaymentAmount: '3.00',
      PaymentDescription: 'Payment of invoice 2025000158',
      PaymentTypeID: '1',
      CardType: 'VISA',
      PaymentMessage: 'Approved',
      BillerReference: '209860|12570',
      ConvenienceFee: '0.00',
      RemoteIP: '127.0.0.1',
    });
  });

  it('is made by Mastercard or bank account too', async () => {
    await payByCard(await story.open(sampleRequest(partner.url)), MASTERCARD);
    const other = sampleRequest(partner.url);
    other.Customers[0].Invoices[0].InvoiceNumber = '2025000159';
    expect((await payByBank(await story.open(other), GOOD_ACCOUNT)).status).toBe(303);
    const [card, bank] = await story.ledger();
    expect(card.parameters).toMatchObject({ PaymentTypeID: '1', CardType: 'MASTERCARD' });
    expect(bank).toMatchObject({ method: 'bank', approved: true });
    expect(bank.parameters).toMatchObject({ PaymentTypeID: '2', CardType: '' });
  });

  it('is declined with a reason, told to the partner, and can be tried again', async () => {
    const page = await story.open(sampleRequest(partner.url));
    for (const [number, reason] of [
      [NO_FUNDS, 'insufficient funds'],
      [EXPIRED, 'expired card'],
    ]) {
      const declined = await payByCard(page, number);
      expect(declined.status).toBe(402);
      const markup = await declined.text();
      expect(markup).toContain(reason);
      expect(markup).toContain('name="cardNumber"');
    }
    expect(await (await payByBank(page, CLOSED_ACCOUNT)).text()).toContain('account closed');
    expect((await payByCard(page, VISA)).status).toBe(303);

    const ledger = await story.ledger();
    expect(ledger.map((attempt) => attempt.approved)).toEqual([false, false, false, true]);
    const told = new Map(partner.received.map(({ fields }) => [fields.PaymentGUID, fields]));
    expect(ledger.map(({ paymentGuid }) => told.get(paymentGuid)?.Approved)).toEqual([
      'False',
      'False',
      'False',
      'True',
    ]);
    expect(told.get(ledger[0].paymentGuid)?.PaymentMessage).toBe('Declined: insufficient funds');
  });

  it('is not made twice, whichever page asks for it', async () => {
    const page = await story.open(sampleRequest(partner.url));
    const clicks = await Promise.all([payByCard(page, VISA), payByCard(page, VISA)]);
    expect(clicks.map(({ status }) => status).sort()).toEqual([303, 409]);
    const again = await fetch(await story.open(sampleRequest(partner.url)));
    expect(await again.text()).toContain('already paid');
    expect(await (await fetch(page)).text()).toContain('Show the receipt');
    expect(await story.ledger()).toHaveLength(1);
    expect(partner.received).toHaveLength(1);
  });

  it('takes no number that could be real, and keeps none', async () => {
    const page = await story.open(sampleRequest(partner.url));
    const refusals = [
      await payByCard(page, COULD_BE_REAL),
      await payByCard(page, '4111 1111 1111 1111'),
      await payByCard(page, '1234567890123456'),
      await payByBank(page, COULD_BE_REAL),
      await payByBank(page, GOOD_ACCOUNT, '011000015'),
    ];
    for (const refusal of refusals) {
      expect(refusal.status).toBe(422);
      const markup = await refusal.text();
      expect(markup).toContain('The sandbox takes only its test numbers');
      expect(markup.replaceAll(' ', '')).not.toContain(COULD_BE_REAL);
    }
    expect(await story.ledger()).toEqual([]);
    expect(partner.received).toEqual([]);
  });

  it('is no attempt while the form is incomplete', async () => {
    const page = await story.open(sampleRequest(partner.url, { AllowACHPayment: 'false' }));
    expect(await (await fetch(page)).text()).not.toContain('name="routingNumber"');
    const incomplete: Record<string, string>[] = [
      {},
      { method: 'card', cardNumber: VISA, expiry: '13/30', securityCode: '123' },
      { method: 'card', cardNumber: VISA, expiry: '12/30', securityCode: '' },
      { method: 'bank', routingNumber: '999999999', accountNumber: GOOD_ACCOUNT },
    ];
    for (const fields of incomplete) expect((await submit(page, fields)).status).toBe(422);
    expect(await story.ledger()).toEqual([]);
  });

  it('shows the fee apart and sends it apart', async () => {
    await story.putBiller({ billerGuid: story.billerGuid, apiKey: story.apiKey, name: 'With a fee', serviceFee: 2.5 });
    const page = await story.open(sampleRequest(partner.url));
    const markup = await (await fetch(page)).text();
    for (const text of ['$3.00', '$2.50', '$5.50']) expect(markup).toContain(text);
    await payByCard(page, VISA);
    const [attempt] = await story.ledger();
    expect(attempt).toMatchObject({ amountCents: 300, feeCents: 250 });
    expect(attempt.parameters).toMatchObject({ PaymentAmount: '3.00', ConvenienceFee: '2.50' });
  });

  it('pays every invoice of the cart, each as a payment of its own', async () => {
    const request = sampleRequest(partner.url);
    request.Customers[0].Invoices.push({ InvoiceNumber: '2025000159', BalanceDue: '4.5' });
    await payByCard(await story.open(request), VISA);
    const ledger = await story.ledger();
    expect(ledger.map((attempt) => [attempt.invoiceNumber, attempt.amountCents])).toEqual([
      ['2025000158', 300],
      ['2025000159', 450],
    ]);
    expect(new Set(partner.received.map(({ fields }) => fields.PaymentGUID)).size).toBe(2);
  });

  it('escapes what partners send, and links back to them', async () => {
    const request = sampleRequest(partner.url, { ReturnURL: 'https://partner.example/return?a=1&b="2"' });
    request.Customers[0].Name = '<script>alert(1)</script>';
    const page = await story.open(request);
    expect(await (await fetch(page)).text()).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    const paid = await payByCard(page, VISA);
    const receipt = await fetch(new URL(paid.headers.get('location') ?? '', page));
    expect(await receipt.text()).toContain('href="https://partner.example/return?a=1&amp;b=&quot;2&quot;"');
    expect(receipt.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('stands although the partner cannot be told', async () => {
    await partner.close();
    const paid = await payByCard(await story.open(sampleRequest(partner.url)), VISA);
    expect(paid.status).toBe(303);
    const [attempt] = await story.ledger();
    expect(attempt.approved).toBe(true);
    expect(attempt.postbacks).toEqual([{ at: expect.any(String), status: null, error: 'ECONNREFUSED' }]);
  });

  it('is told once, also to a partner that answers 500', async () => {
    const failing = await startReceiver(500);
    await payByCard(await story.open(sampleRequest(failing.url)), VISA);
    const [attempt] = await story.ledger();
    expect(attempt.postbacks).toMatchObject([{ status: 500 }]);
    expect(failing.received).toHaveLength(1);
    await failing.close();
  });

  it('has no page without the token', async () => {
    for (const path of ['/portal/cloudpay/guessed', '/portal/cloudpay/guessed/receipt/guessed']) {
      expect((await fetch(story.url + path)).status).toBe(404);
    }
    expect((await payByCard(`${story.url}/portal/cloudpay/guessed`, VISA)).status).toBe(404);
  });
});
