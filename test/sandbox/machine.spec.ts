import {
  NO_FUNDS,
  COULD_BE_REAL,
  json,
  sampleRequest,
  startReceiver,
  startStory,
  type Paid,
  type Story,
} from './support.js';

describe('payments without a browser', () => {
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

  let invoices = 0;
  const open = (changes: Record<string, unknown> = {}) => {
    const request = sampleRequest(partner.url);
    Object.assign(request.Customers[0].Invoices[0], { InvoiceNumber: `invoice-${(invoices += 1)}`, ...changes });
    return story.open(request);
  };
  const tokenOf = (page: string) => page.split('/').pop();

  it('pay as the form would, by token or address, and answer the ledger’s entry', async () => {
    const page = await open();
    const answer = await story.control(`pages/${tokenOf(page)}/pay`, 'POST');
    expect(answer.status).toBe(201);
    const { paymentGuid, attempts, message } = await json<Paid>(answer);
    expect(message).toBeNull();
    const [entry] = await story.ledger();
    expect(attempts).toEqual([{ ...entry, postbacks: [] }]);
    expect(entry).toMatchObject({ paymentGuid, method: 'card', amountCents: 300, approved: true });
    expect(partner.received[0].fields).toMatchObject({ PaymentGUID: paymentGuid, CardType: 'VISA' });

    const byBank = await json<Paid>(story.payAt(await open(), { method: 'bank' }));
    expect(byBank.attempts[0]).toMatchObject({ method: 'bank', approved: true });
    expect((await story.payAt(page)).status).toBe(409);
  });

  it('pay a part', async () => {
    const page = await open({ AllowPartialPayments: true });
    const paid = await json<Paid>(story.payAt(page, { amount: '1.25' }));
    expect(paid.attempts[0]).toMatchObject({ amountCents: 125 });
    expect((await story.payAt(page, { amount: 1.76 })).status).toBe(422);
  });

  it('are declined as the form is', async () => {
    const answer = await story.payAt(await open(), { number: NO_FUNDS });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      message: expect.stringContaining('insufficient funds'),
      attempts: [{ approved: false }],
    });
  });

  it('take no number that could be real, no page that is none, and no field that is unknown', async () => {
    const page = await open();
    const answers = [
      await story.payAt(page, { number: COULD_BE_REAL }),
      await story.payAt(page, { amount: '1' }),
      await story.payAt(`${story.url}/portal/cloudpay/guessed`),
      await story.payAt(page, { cardNumber: '4' }),
      await story.control('pages/guessed/pay', 'POST'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 404, 400, 404]);
    expect(JSON.stringify(await json<object>(answers[0]))).not.toContain(COULD_BE_REAL);
    expect(await story.ledger()).toEqual([]);
  });

  it('are made by the hundred, each with its PostBack', async () => {
    const pages = await Promise.all(Array.from({ length: 200 }, () => open()));
    const payments = pages.map((paymentUrl) => ({ paymentUrl }));
    const answer = await story.control('pay/bulk', 'POST', { payments: [...payments, { token: 'guessed' }] });
    const { results } = await json<{ results: (Paid & { status: number })[] }>(answer);
    expect(results.map(({ status }) => status)).toEqual([...pages.map(() => 200), 404]);
    await story.ledger();
    const told = new Set(partner.received.map(({ fields }) => fields.PaymentGUID));
    expect(results.slice(0, -1).every(({ paymentGuid }) => told.has(paymentGuid ?? ''))).toBe(true);
  });

  it('are found in the ledger since an instant, with what they moved', async () => {
    await story.set({ serviceFee: '1.00' });
    await story.payAt(await open());
    await story.control('clock', 'POST', { advanceSeconds: 60 });
    const { now } = await json<{ now: string }>(story.control('clock'));
    await story.payAt(await open());
    await story.payAt(await open(), { number: NO_FUNDS });
    const ledger = (query: string) => json<{ attempts?: object[]; totals: object }>(story.steer(`/ledger${query}`));
    const all = await ledger('');
    expect(all.attempts).toHaveLength(3);
    expect(all.totals).toMatchObject({ attempts: 3, approved: 2, amountCents: 600, feeCents: 200, movedCents: 800 });
    expect((await ledger(`?since=${now}`)).attempts).toHaveLength(2);
    expect(await ledger(`?since=${now}&attempts=false`)).toEqual({
      totals: { attempts: 2, approved: 1, duplicates: 0, amountCents: 300, feeCents: 100, movedCents: 400 },
    });
    expect((await story.steer('/ledger?since=yesterday')).status).toBe(400);
  });
});

describe('a biller’s settings', () => {
  let story: Story;
  beforeEach(async () => {
    story = await startStory();
  });
  afterEach(() => story.close());

  it('are changed one by one, and shown without their keys', async () => {
    const answer = await story.steer('', 'PATCH', { doubleCharge: true, webServiceKey: 'a-web-service-key' });
    const view = await json<Record<string, unknown>>(answer);
    expect(view).toMatchObject({ name: 'Test biller', dba: 'Sampleton Police', doubleCharge: true });
    expect(JSON.stringify(view)).not.toContain('a-web-service-key');
    expect((await story.ask(sampleRequest('http://127.0.0.1:9/'))).status).toBe(200);
    for (const wrong of [{ doubleCharges: true }, { pageSeconds: -1 }, { serviceFee: 'free' }, { billerGuid: 'x' }]) {
      expect((await story.steer('', 'PATCH', wrong)).status).toBe(400);
    }
    expect((await story.control('billers/nobody', 'PATCH', {})).status).toBe(404);
  });

  it('survive that the biller is reset; nothing else does', async () => {
    const page = await story.open(sampleRequest('http://127.0.0.1:9/'));
    await story.payAt(page);
    await story.fault({ kind: 'missing' });
    await story.control('clock', 'POST', { advanceSeconds: 60, billerGuid: story.billerGuid });
    const other = await story.putBiller({ billerGuid: 'other', apiKey: 'other', name: 'Other' });
    expect(other.status).toBe(201);
    await story.ask(sampleRequest('http://127.0.0.1:9/'), 'other');

    expect((await story.control('reset', 'POST', { billerGuid: story.billerGuid })).status).toBe(204);
    expect(await story.ledger()).toEqual([]);
    expect(await story.requests()).toEqual([]);
    expect(await json(story.steer('/faults'))).toEqual({ faults: [] });
    expect(await json(story.steer('/customers'))).toEqual({ customers: [], users: [] });
    expect((await fetch(page)).status).toBe(404);
    expect(await json(story.control(`clock?billerGuid=${story.billerGuid}`))).toMatchObject({ aheadSeconds: 0 });
    expect((await json<{ requests: unknown[] }>(story.control('billers/other/requests'))).requests).toHaveLength(1);
    expect((await story.ask(sampleRequest('http://127.0.0.1:9/'))).status).toBe(200);
    expect((await story.control('reset', 'POST', { billerGuid: 'nobody' })).status).toBe(404);
  });

  it('go where all is reset: the presets remain, as they were', async () => {
    const { billers } = await json<{ billers: { billerGuid: string; preset: boolean }[] }>(story.control('billers'));
    const [{ billerGuid }] = billers;
    await story.control(`billers/${billerGuid}`, 'PATCH', { name: 'Changed', apiKey: 'changed' });
    const changed = (await json<{ billers: Record<string, unknown>[] }>(story.control('billers'))).billers[0];
    expect(changed).toMatchObject({ name: 'Changed', preset: true, webServiceKey: expect.any(String) });
    expect(changed).not.toHaveProperty('apiKey');
    await story.control('clock', 'POST', { advanceSeconds: 60 });

    expect((await story.control('reset', 'POST')).status).toBe(204);
    const after = await json<{ billers: object[] }>(story.control('billers'));
    expect(after.billers).toEqual(billers.filter(({ preset }) => preset));
    expect(await json(story.control('clock'))).toMatchObject({ aheadSeconds: 0 });
    expect((await story.steer('/ledger')).status).toBe(404);
  });
});
