import {
  NO_FUNDS,
  json,
  sampleRequest,
  startReceiver,
  startStory,
  type Attempt,
  type Paid,
  type Story,
} from './support.js';

describe('faults of PostBacks', () => {
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
  const pay = async (how: Record<string, unknown> = {}, url = partner.url): Promise<Attempt> => {
    const request = sampleRequest(url);
    request.Customers[0].Invoices[0].InvoiceNumber = `invoice-${(invoices += 1)}`;
    return (await json<Paid>(story.payAt(await story.open(request), how))).attempts[0];
  };
  /** What the ledger says of the last attempt's PostBacks. */
  const told = async () => (await story.ledger()).at(-1)?.postbacks ?? [];
  const guids = () => partner.received.map(({ fields }) => fields.PaymentGUID);

  it('late', async () => {
    await story.fault({ kind: 'delay', ms: 120 });
    const started = performance.now();
    await pay();
    expect(partner.received).toEqual([]);
    expect(await told()).toMatchObject([{ status: 204, fault: 'delay' }]);
    expect(performance.now() - started).toBeGreaterThan(110);
    await pay();
    expect((await told())[0]).not.toHaveProperty('fault');
  });

  it('missing', async () => {
    await story.fault({ kind: 'missing' });
    const { approved } = await pay();
    expect(approved).toBe(true);
    expect(await told()).toMatchObject([{ status: null, error: null, fault: 'missing' }]);
    expect(partner.received).toEqual([]);
  });

  it.each([false, true])('twice, at once: %s', async (atOnce) => {
    await story.fault({ kind: 'twice', atOnce });
    await pay();
    expect(await told()).toMatchObject([{ status: 204 }, { status: 204 }]);
    expect(partner.received).toHaveLength(2);
    expect(partner.received[1].body).toBe(partner.received[0].body);
  });

  it('out of order', async () => {
    await story.fault({ kind: 'out-of-order' });
    const first = await pay();
    const second = await pay();
    const ledger = await story.ledger();
    expect(guids()).toEqual([second.paymentGuid, first.paymentGuid]);
    expect(ledger[0].postbacks).toMatchObject([{ status: 204, fault: 'out-of-order' }]);
  });

  it('out of order until cleared: in swapped pairs, and the last one goes when they are', async () => {
    await story.fault({ kind: 'out-of-order', times: 0 });
    const made = [];
    for (let payment = 0; payment < 5; payment += 1) {
      made.push((await pay()).paymentGuid);
      await story.ledger();
    }
    const [a, b, c, d, e] = made;
    expect(guids()).toEqual([b, a, d, c]);
    expect((await story.steer('/faults', 'DELETE')).status).toBe(204);
    await story.ledger();
    expect(guids()).toEqual([b, a, d, c, e]);
  });

  it('with other fields than the payment’s', async () => {
    await story.fault({ kind: 'changed', fields: { PaymentAmount: '0.01', Approved: null, Extra: ['1', '2'] } });
    const { parameters } = await pay();
    await story.ledger();
    const [{ body, fields }] = partner.received;
    expect(fields).toMatchObject({ PaymentAmount: '0.01', PaymentGUID: parameters.PaymentGUID });
    expect(fields).not.toHaveProperty('Approved');
    expect(new URLSearchParams(body).getAll('Extra')).toEqual(['1', '2']);
    expect(parameters.PaymentAmount).toBe('3.00');
  });

  it('a forged refusal before the real one', async () => {
    await story.fault({ kind: 'forged-refusal', fields: { RemoteIP: '203.0.113.9' } });
    const { paymentGuid, invoiceNumber } = await pay();
    expect(await told()).toMatchObject([{ fault: 'forged-refusal' }, { status: 204 }]);
    const [forged, real] = partner.received.map(({ fields }) => fields);
    expect(forged).toMatchObject({ Approved: 'False', InvoiceNumber: invoiceNumber, RemoteIP: '203.0.113.9' });
    expect(forged.PaymentGUID).not.toBe(paymentGuid);
    expect(real).toMatchObject({ Approved: 'True', PaymentGUID: paymentGuid });
  });

  it.each(['half-body', 'reset'])('%s: the receiver cannot read it', async (kind) => {
    await story.fault({ kind });
    await pay();
    expect(await told()).toMatchObject([{ status: null, error: 'ECONNRESET', fault: kind }]);
    expect(partner.received).toEqual([]);
    await pay();
    await story.ledger();
    expect(partner.received).toHaveLength(1);
    expect(partner.broken).toEqual(['ECONNRESET']);
  });

  it('answer lost: the receiver has it, and the sender does not know', async () => {
    await story.fault({ kind: 'answer-lost' });
    const { paymentGuid } = await pay();
    expect(await told()).toMatchObject([{ status: null, error: 'ECONNRESET' }]);
    await pay();
    await story.ledger();
    expect(guids()).toContain(paymentGuid);
  });

  it('in another form', async () => {
    await story.fault({ kind: 'query' });
    await story.fault({ kind: 'json' });
    const [inQuery, asJson] = [await pay(), await pay()];
    await story.ledger();
    const query = partner.received.find(({ body }) => body === '');
    const json = partner.received.find(({ body }) => body !== '');
    expect(new URL(query?.url ?? '', partner.url).searchParams.get('PaymentGUID')).toBe(inQuery.paymentGuid);
    expect(JSON.parse(json?.body ?? '')).toEqual(asJson.parameters);
  });

  it('take turns, last as long as asked, and are shown', async () => {
    await story.fault({ kind: 'missing', times: 2 });
    await story.fault({ kind: 'twice' });
    await story.fault({ kind: 'delay', ms: 5, times: 0 });
    const { faults } = await json<{ faults: object[] }>(story.steer('/faults'));
    expect(faults).toEqual([
      { operation: 'postback', kind: 'missing', ms: 0, fields: {}, atOnce: false, times: 2 },
      { operation: 'postback', kind: 'twice', ms: 0, fields: {}, atOnce: false, times: 1 },
      { operation: 'postback', kind: 'delay', ms: 5, fields: {}, atOnce: false, times: 0 },
    ]);
    for (let payment = 0; payment < 4; payment += 1) await pay();
    const ledger = await story.ledger();
    expect(ledger.map(({ postbacks }) => postbacks.map(({ fault }) => fault))).toEqual([
      ['missing'],
      ['missing'],
      ['twice', 'twice'],
      ['delay'],
    ]);
  });

  it('touch no call, and faults of calls no PostBack', async () => {
    await story.fault({ kind: 'delay', times: 0 });
    await story.fault({ kind: 'missing' });
    expect((await story.ask(sampleRequest(partner.url))).status).toBe(200);
    expect((await story.requests())[0]).toMatchObject({ fault: null });
    await story.steer('/faults', 'DELETE');
    await story.steer('/faults', 'POST', { kind: 'reset', operation: 'biller-status', times: 0 });
    await pay();
    expect(await told()).toMatchObject([{ status: 204 }]);
  });

  it.each([
    { operation: 'postback', kind: 'html' },
    { operation: 'postback', kind: 'missing', status: 500 },
    { operation: 'postback', kind: 'unheard-of' },
    { kind: 'missing' },
    { operation: 'cloud-payments', kind: 'twice' },
    { kind: 'status', fields: { PaymentAmount: '1' } },
  ])('refuse %j', async (fault) => {
    expect((await story.steer('/faults', 'POST', fault)).status).toBe(400);
  });

  it('do not hold up a sandbox that closes, nor a biller that is reset', async () => {
    await story.fault({ kind: 'delay', ms: 600_000, times: 2 });
    await pay();
    await story.control('reset', 'POST', { billerGuid: story.billerGuid });
    expect(await story.ledger()).toEqual([]);
    await story.fault({ kind: 'delay', ms: 600_000 });
    await pay();
    await story.close();
    expect(partner.received).toEqual([]);
  });

  describe('with retries', () => {
    it('a PostBack is sent again until the answer is 2xx', async () => {
      const failing = await startReceiver(500, 302, 200);
      await story.set({ postbackRetries: [1, 1, 1, 1] });
      await pay({}, failing.url);
      expect((await told()).map(({ status }) => status)).toEqual([500, 302, 200]);
      expect(new Set(failing.received.map(({ body }) => body)).size).toBe(1);
      await failing.close();
    });

    it('it is given up after the last', async () => {
      const failing = await startReceiver(500, 500, 500, 500);
      await story.set({ postbackRetries: [1, 1] });
      await pay({ number: NO_FUNDS }, failing.url);
      expect((await told()).map(({ status }) => status)).toEqual([500, 500, 500]);
      await failing.close();
    });

    it('what was cut comes whole, and what was changed stays changed', async () => {
      await story.set({ postbackRetries: [1] });
      await story.fault({ kind: 'half-body' });
      await pay();
      expect((await told()).map(({ status, fault }) => [status, fault])).toEqual([
        [null, 'half-body'],
        [204, undefined],
      ]);
      const failing = await startReceiver(500);
      await story.fault({ kind: 'changed', fields: { PaymentAmount: '9.99' } });
      await pay({}, failing.url);
      await story.ledger();
      expect(failing.received.map(({ fields }) => fields.PaymentAmount)).toEqual(['9.99', '9.99']);
      await failing.close();
    });
  });
});
