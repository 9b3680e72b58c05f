import {
  NO_FUNDS,
  VISA,
  json,
  payByCard,
  sampleRequest,
  startReceiver,
  startStory,
  submit,
  type Paid,
  type Story,
} from './support.js';

describe('a part of an invoice', () => {
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

  const request = (changes: Record<string, unknown> = {}) => {
    const made = sampleRequest(partner.url);
    Object.assign(made.Customers[0].Invoices[0], { BalanceDue: 10, AllowPartialPayments: true, ...changes });
    return made;
  };
  const card = (amount: string, cardNumber = VISA) => ({
    method: 'card',
    cardNumber,
    expiry: '12/30',
    securityCode: '123',
    amount,
  });
  const read = async (page: string) => (await fetch(page)).text();

  it('is paid, and then another, until nothing is owed', async () => {
    const page = await story.open(request());
    const form = await read(page);
    expect(form).toContain('name="amount"');
    expect(form).toContain('an amount from $0.01 to $10.00');

    const first = await submit(page, card('4.00'));
    expect(first.status).toBe(303);
    expect(await read(new URL(first.headers.get('location') ?? '', page).href)).toContain('Still due: $6.00');
    expect(await read(page)).toContain('value="6.00"');
    expect((await submit(page, card('2.50', NO_FUNDS))).status).toBe(402);
    expect((await submit(page, card('6.01'))).status).toBe(422);
    const last = await payByCard(page, VISA);
    expect(await read(new URL(last.headers.get('location') ?? '', page).href)).not.toContain('Still due');
    expect((await submit(page, card('0.01'))).status).toBe(409);

    const ledger = await story.ledger();
    expect(ledger.map(({ amountCents, approved }) => [amountCents, approved])).toEqual([
      [400, true],
      [250, false],
      [600, true],
    ]);
    const told = new Map(partner.received.map(({ fields }) => [fields.PaymentGUID, fields]));
    expect(told.size).toBe(3);
    expect(ledger.map(({ paymentGuid }) => told.get(paymentGuid)?.PaymentAmount)).toEqual(['4.00', '2.50', '6.00']);
  });

  it.each([
    ['below the minimum', '1.99', 422],
    ['the minimum', '2.00', 303],
    ['with a dollar sign', '$2', 303],
    ['none, which is the whole', '', 303],
    ['zero', '0', 422],
    ['a word', 'all', 422],
    ['negative', '-3', 422],
    ['three decimals', '2.001', 422],
  ])('of at least 2.00: %s', async (_name, amount, status) => {
    const page = await story.open(request({ MinimumAmountDue: '2.00' }));
    expect((await submit(page, card(amount))).status).toBe(status);
    expect(await story.ledger()).toHaveLength(status === 303 ? 1 : 0);
  });

  it('may be what is left, though that is below the minimum', async () => {
    const page = await story.open(request({ MinimumAmountDue: 8 }));
    await submit(page, card('8'));
    expect((await submit(page, card('1'))).status).toBe(422);
    expect((await submit(page, card('2'))).status).toBe(303);
  });

  it('may exceed the balance where the biller allows that', async () => {
    await story.set({ allowOverpayment: true });
    const page = await story.open(request());
    expect(await read(page)).toContain('an amount of at least $0.01');
    expect((await submit(page, card('12.34'))).status).toBe(303);
    expect((await story.ledger())[0].parameters.PaymentAmount).toBe('12.34');
    expect(await read(page)).toContain('already paid');
  });

  it('is not offered unless the request allows it', async () => {
    const page = await story.open(request({ AllowPartialPayments: 'false' }));
    expect(await read(page)).not.toContain('name="amount"');
    expect(await (await submit(page, card('4.00'))).text()).toContain('exactly $10.00');
    expect((await submit(page, card('10.00'))).status).toBe(303);
  });

  it('lowers what every other page takes, and no later request raises it', async () => {
    const [one, other] = [await story.open(request()), await story.open(request({ AllowPartialPayments: false }))];
    await submit(one, card('4'));
    const [later, less] = [await story.open(request()), await story.open(request({ BalanceDue: 5 }))];
    for (const [page, owed] of [
      [other, '$5.00'],
      [later, '$5.00'],
      [less, '$5.00'],
    ]) {
      expect(await read(page)).toContain(owed);
    }
    await payByCard(other, VISA);
    expect((await submit(one, card('1'))).status).toBe(409);
    const { totals } = await json<{ totals: object }>(story.steer('/ledger'));
    expect(totals).toMatchObject({ approved: 2, amountCents: 900, movedCents: 900 });
  });

  it('is chosen for each invoice of a cart', async () => {
    const cart = request();
    cart.Customers[0].Invoices.push({ InvoiceNumber: 'second', BalanceDue: 5 });
    cart.Customers[0].Invoices.push({ InvoiceNumber: 'third', BalanceDue: 7, AllowPartialPayments: true });
    const page = await story.open(cart);
    const paid = await submit(page, { ...card(''), 'amount:0': '1.00', 'amount:2': '3.00' });
    expect(paid.status).toBe(303);
    expect((await story.ledger()).map(({ amountCents }) => amountCents)).toEqual([100, 500, 300]);
    expect(await read(page)).toContain('name="amount:2"');
  });
});

describe('an invoice paid twice', () => {
  let story: Story;
  beforeEach(async () => {
    story = await startStory();
  });
  afterEach(() => story.close());

  it('needs the biller’s switch, and is in the ledger twice', async () => {
    const partner = await startReceiver();
    const [first, second] = [
      await story.open(sampleRequest(partner.url)),
      await story.open(sampleRequest(partner.url)),
    ];
    expect((await payByCard(first, VISA)).status).toBe(303);
    expect((await payByCard(second, VISA)).status).toBe(409);

    await story.set({ doubleCharge: true });
    expect(await (await fetch(second)).text()).toContain('Pay $3.00 by card');
    expect((await payByCard(second, VISA)).status).toBe(303);
    expect((await payByCard(first, NO_FUNDS)).status).toBe(402);

    const ledger = await story.ledger();
    expect(ledger.map((entry) => [entry.approved, 'duplicate' in entry])).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ]);
    const approved = partner.received.filter(({ fields }) => fields.Approved === 'True');
    expect(new Set(approved.map(({ fields }) => fields.PaymentGUID)).size).toBe(2);
    const { totals } = await json<{ totals: object }>(story.steer('/ledger'));
    expect(totals).toEqual({
      attempts: 3,
      approved: 2,
      duplicates: 1,
      amountCents: 600,
      feeCents: 0,
      movedCents: 600,
    });
    await story.set({ doubleCharge: false });
    expect((await payByCard(first, VISA)).status).toBe(409);
    await partner.close();
  });
});

describe('a page’s life', () => {
  let story: Story;
  beforeEach(async () => {
    story = await startStory({ pageSeconds: 900 });
  });
  afterEach(() => story.close());
  const advance = (advanceSeconds: number, billerGuid?: string) =>
    story.control('clock', 'POST', { advanceSeconds, billerGuid });

  it('ends by the clock: it says so and takes no money', async () => {
    const page = await story.open(sampleRequest('http://127.0.0.1:9/'));
    await advance(890);
    expect((await fetch(page)).status).toBe(200);
    await advance(10);
    for (const answer of [await fetch(page), await payByCard(page, VISA)]) {
      expect(answer.status).toBe(410);
      expect(await answer.text()).toContain('has expired');
    }
    expect((await story.payAt(page)).status).toBe(410);
    expect(await story.ledger()).toEqual([]);

    await story.control('clock', 'DELETE');
    expect((await payByCard(page, VISA)).status).toBe(303);
    await advance(3600);
    expect(await (await fetch(page)).text()).toContain('Show the receipt');
  });

  it('has no end by default', async () => {
    await story.set({ pageSeconds: null });
    const page = await story.open(sampleRequest('http://127.0.0.1:9/'));
    await advance(1_000_000_000);
    expect((await fetch(page)).status).toBe(200);
  });

  it('goes by one biller’s clock too, and payments are dated by it', async () => {
    const page = await story.open(sampleRequest('http://127.0.0.1:9/'));
    const day = 86_400;
    const { now } = await json<{ now: string }>(advance(365 * day, story.billerGuid));
    expect((await fetch(page)).status).toBe(410);
    expect(await json(story.control('clock'))).toMatchObject({ aheadSeconds: 0 });
    expect(await json(story.control(`clock?billerGuid=${story.billerGuid}`))).toMatchObject({
      aheadSeconds: 365 * day,
    });

    const { attempts } = await json<Paid>(story.payAt(await story.open(sampleRequest('http://127.0.0.1:9/'))));
    expect(attempts[0].at.slice(0, 4)).toBe(now.slice(0, 4));
    expect(attempts[0].parameters.PaymentDate).toContain(`/${now.slice(0, 4)} `);
  });

  it.each([{}, { advanceSeconds: -1 }, { advanceSeconds: 1.5 }, { advanceSeconds: 1, by: 2 }])(
    'refuses to move the clock by %j',
    async (body) => {
      expect((await story.control('clock', 'POST', body)).status).toBe(400);
    },
  );
});
