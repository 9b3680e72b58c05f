import { randomUUID } from 'node:crypto';
import { startSandbox } from '../../sandbox/sandbox.js';
import {
  VISA,
  json,
  payByCard,
  sampleRequest,
  startReceiver,
  startStory,
  type Envelope,
  type Story,
} from './support.js';

interface BillerView {
  readonly billerGuid: string;
  readonly apiKey: string;
  readonly name: string;
  readonly preset: boolean;
}

describe('steering the sandbox', () => {
  let story: Story;
  const request = sampleRequest('http://127.0.0.1:9/postback');

  beforeEach(async () => {
    story = await startStory();
  });
  afterEach(() => story.close());

  const addFault = async (fault: Record<string, unknown>) =>
    expect((await story.steer('/faults', 'POST', fault)).status).toBe(201);

  describe('faults', () => {
    it.each([
      ['a status', { kind: 'status', status: 429 }, 429],
      ['500 unless told', { kind: 'status' }, 500],
      ['HTML', { kind: 'html' }, 200],
      ['JSON without the URL', { kind: 'no-url' }, 200],
    ])('%s', async (_name, fault, status) => {
      await addFault({ operation: 'cloud-payments', ...fault });
      const answer = await story.ask(request);
      expect(answer.status).toBe(status);
      expect(await answer.text()).not.toContain('/portal/');
      expect((await story.requests())[0]).toMatchObject({ fault: fault.kind, status });
      expect((await story.ask(request)).status).toBe(200);
    });

    it('broken JSON', async () => {
      await addFault({ kind: 'bad-json' });
      await expect((await story.ask(request)).json()).rejects.toThrow('JSON');
    });

    it('half a body', async () => {
      await addFault({ kind: 'half-body' });
      const answer = await story.ask(request);
      await expect(answer.text()).rejects.toThrow();
      expect((await story.requests())[0].status).toBeNull();
    });

    it('a dead socket', async () => {
      await addFault({ kind: 'reset' });
      await expect(story.ask(request)).rejects.toThrow();
    });

    it('a delay, after which the call works', async () => {
      await addFault({ kind: 'delay', ms: 80 });
      const started = performance.now();
      expect((await story.ask(request)).status).toBe(200);
      expect(performance.now() - started).toBeGreaterThan(70);
    });

    it('last as long as asked, or until cleared', async () => {
      await addFault({ kind: 'status', times: 2 });
      const statuses = [];
      for (let call = 0; call < 3; call += 1) statuses.push((await story.ask(request)).status);
      expect(statuses).toEqual([500, 500, 200]);

      await addFault({ kind: 'status', times: 0 });
      for (let call = 0; call < 3; call += 1) expect((await story.ask(request)).status).toBe(500);
      expect(await (await story.steer('/faults')).json()).toMatchObject({ faults: [{ kind: 'status', times: 0 }] });
      expect((await story.steer('/faults', 'DELETE')).status).toBe(204);
      expect((await story.ask(request)).status).toBe(200);
    });

    it('touch neither another operation nor another biller', async () => {
      await addFault({ operation: 'biller-status', kind: 'status' });
      expect((await story.ask(request)).status).toBe(200);
      await addFault({ kind: 'status', times: 0 });
      await story.putBiller({ billerGuid: randomUUID(), apiKey: 'other-key', name: 'Other' });
      expect((await story.ask(request, 'other-key')).status).toBe(200);
    });

    it.each([{ kind: 'unheard-of' }, { operation: 'unheard-of', kind: 'status' }, { kind: 'status', time: 2 }, {}])(
      'refuse %j',
      async (fault) => {
        expect((await story.steer('/faults', 'POST', fault)).status).toBe(400);
      },
    );

    it('do not hold up a sandbox that closes', async () => {
      await addFault({ kind: 'delay', ms: 600_000 });
      const asking = story.ask(request).then(
        (answer) => answer.status,
        () => 'cut',
      );
      while ((await story.requests()).length === 0);
      await story.close();
      expect([500, 'cut']).toContain(await asking);
    });
  });

  describe('PostBacks by hand', () => {
    let partner: Awaited<ReturnType<typeof startReceiver>>;
    beforeEach(async () => {
      partner = await startReceiver();
    });
    afterEach(() => partner.close());

    const post = (body: Record<string, unknown>) =>
      json<{ outcomes: unknown[] }>(story.steer('/postbacks', 'POST', body));

    it('carry any field, changed, added or taken away', async () => {
      const paymentUrl = await story.open(sampleRequest(partner.url));
      const fields = { PaymentAmount: '0.01', Approved: null, Extra: 'kept', InvoiceNumber: ['1', '2'] };
      const answer = await post({ paymentUrl, fields, times: 2 });
      expect(answer.outcomes).toMatchObject([{ status: 204 }, { status: 204 }]);
      expect(partner.received).toHaveLength(2);
      expect(partner.received[0].fields).toMatchObject({
        PaymentAmount: '0.01',
        Extra: 'kept',
        BillerReference: '209860|12570',
      });
      expect(partner.received[0].fields).not.toHaveProperty('Approved');
      expect(new URLSearchParams(partner.received[0].body).getAll('InvoiceNumber')).toEqual(['1', '2']);
      expect(partner.received[1].body).toBe(partner.received[0].body);
      expect(await story.ledger()).toEqual([]);
    });

    it('repeat a payment that was made, also at once', async () => {
      const paymentUrl = await story.open(sampleRequest(partner.url));
      await payByCard(paymentUrl, VISA);
      const [{ paymentGuid }] = await story.ledger();
      await post({ token: paymentUrl.split('/').pop(), paymentGuid, times: 3, atOnce: true });
      expect(partner.received).toHaveLength(4);
      expect(new Set(partner.received.map(({ body }) => body)).size).toBe(1);
    });

    it('go in the query or as JSON', async () => {
      const paymentUrl = await story.open(sampleRequest(partner.url));
      await post({ paymentUrl, form: 'query' });
      await post({ paymentUrl, form: 'json' });
      expect(new URL(partner.received[0].url, partner.url).searchParams.get('Approved')).toBe('True');
      expect(partner.received[0].body).toBe('');
      expect(JSON.parse(partner.received[1].body)).toMatchObject({ Approved: 'True', PaymentAmount: '3.00' });
    });

    it('need a page of that biller', async () => {
      const paymentUrl = await story.open(sampleRequest(partner.url));
      const other = randomUUID();
      await story.putBiller({ billerGuid: other, apiKey: other, name: 'Other' });
      const answers = [
        await story.steer('/postbacks', 'POST', { token: 'guessed' }),
        await story.steer('/postbacks', 'POST', { paymentUrl, paymentGuid: 'guessed' }),
        await fetch(`${story.url}/_sandbox/billers/${other}/postbacks`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ paymentUrl }),
        }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect(partner.received).toEqual([]);
    });
  });

  it('starts with two demo billers, whose keys have the observed form and say what they are', async () => {
    const { billers } = await json<{ billers: BillerView[] }>(fetch(`${story.url}/_sandbox/billers`));
    const presets = billers.filter((biller) => biller.preset);
    expect(presets.map((biller) => biller.name)).toEqual(['LeadsOnline Demo', 'My360 Demo Utility']);
    for (const { apiKey } of presets) {
      expect(apiKey).toMatch(/^(?=.*\/)(?=.*\+)[A-Za-z0-9+/]{100,}=+$/);
      expect(Buffer.from(apiKey, 'base64').toString()).toContain('sandbox demo key');
      expect((await story.ask(request, apiKey)).status).toBe(200);
    }
    expect(billers.find((biller) => biller.billerGuid === story.billerGuid)).not.toHaveProperty('apiKey');
  });

  it('gives one key to one biller only', async () => {
    const answer = await story.putBiller({ billerGuid: randomUUID(), apiKey: story.apiKey, name: 'Thief' });
    expect(answer.status).toBe(409);
    expect((await story.putBiller({ billerGuid: randomUUID(), name: 'No key' })).status).toBe(400);
  });

  it('answers 404 for a biller that is none', async () => {
    expect((await fetch(`${story.url}/_sandbox/billers/${randomUUID()}/ledger`)).status).toBe(404);
  });

  it('shows a start page, and that it lives', async () => {
    const start = await (await fetch(story.url)).text();
    for (const text of ['LeadsOnline Demo', 'My360 Demo Utility', '4111 1111 1111 1112']) expect(start).toContain(text);
    expect(await (await fetch(`${story.url}/_sandbox/health`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${story.url}/_sandbox/style.css`)).headers.get('content-type')).toContain('text/css');
  });

  it('logs one line a request, without query, body, key or token', async () => {
    const lines: string[] = [];
    const logged = await startSandbox({ port: 0, publicUrl: 'https://pay.example/', log: (line) => lines.push(line) });
    const { billers } = await json<{ billers: BillerView[] }>(fetch(`${logged.url}/_sandbox/billers?a=secret`));
    const answer = await fetch(`${logged.url}/cloudpaymentsapi/v2`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(billers[0].apiKey).toString('base64')}` },
      body: JSON.stringify(request),
    });
    const page = new URL((await json<Envelope>(answer)).Data.CloudPaymentURL);
    expect(page.origin).toBe('https://pay.example');
    await payByCard(logged.url + page.pathname, VISA);
    await logged.close();
    expect(lines.map((line) => line.replace(/ \d+ ms$/, ''))).toEqual([
      'GET /_sandbox/billers 200',
      'POST /cloudpaymentsapi/v2 200',
      'POST /portal/cloudpay/:token 303',
    ]);
  });

  it('refuses a port that is taken and a public URL with a path', async () => {
    const port = Number(new URL(story.url).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(startSandbox({ port: 0, publicUrl: 'https://pay.example/path' })).rejects.toThrow(TypeError);
  });
});
