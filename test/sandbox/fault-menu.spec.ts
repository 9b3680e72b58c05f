import { VISA, json, payByCard, sampleRequest, startReceiver, startStory, submit, type Story } from './support.js';

describe('the fault menu', () => {
  let story: Story;
  let partner: Awaited<ReturnType<typeof startReceiver>>;
  let menu: string;

  beforeEach(async () => {
    story = await startStory();
    partner = await startReceiver();
    menu = `${story.url}/_sandbox/faults?biller=${story.billerGuid}`;
  });
  afterEach(async () => {
    await story.close();
    await partner.close();
  });

  const read = async (url = menu) => (await fetch(url)).text();
  /** Sends a form as a browser does; the answer is the page that it leads to. */
  const act = async (fields: Record<string, string>) => {
    const answer = await submit(menu, fields);
    expect(answer.status).toBe(303);
    return read(new URL(answer.headers.get('location') ?? '', menu).href);
  };
  const faults = async () => (await json<{ faults: Record<string, unknown>[] }>(story.steer('/faults'))).faults;
  const pay = async () => payByCard(await story.open(sampleRequest(partner.url)), VISA);

  it('lists the billers and opens one', async () => {
    const first = await read(`${story.url}/_sandbox/faults`);
    expect(first).toContain('LeadsOnline Demo');
    expect(await read()).toMatch(new RegExp(`value="${story.billerGuid}" selected`));
    expect((await fetch(`${story.url}/_sandbox/faults?biller=nobody`)).status).toBe(404);
    expect(await read(story.url)).toContain('href="/_sandbox/faults"');
  });

  it.each([
    ['wire-slow', { operation: 'cloud-payments', kind: 'delay', ms: 5000 }],
    ['wire-401', { operation: 'cloud-payments', kind: 'status', status: 401 }],
    ['wire-429', { operation: 'cloud-payments', kind: 'status', status: 429 }],
    ['wire-500', { operation: 'cloud-payments', kind: 'status', status: 500 }],
    ['wire-html', { operation: 'cloud-payments', kind: 'html' }],
    ['wire-half', { operation: 'cloud-payments', kind: 'half-body' }],
    ['wire-socket', { operation: 'cloud-payments', kind: 'reset' }],
    ['wire-lost', { operation: 'cloud-payments', kind: 'answer-lost' }],
    ['late', { operation: 'postback', kind: 'delay', ms: 5000 }],
    ['missing', { operation: 'postback', kind: 'missing' }],
    ['twice', { operation: 'postback', kind: 'twice', atOnce: false }],
    ['at-once', { operation: 'postback', kind: 'twice', atOnce: true }],
    ['order', { operation: 'postback', kind: 'out-of-order' }],
    ['forged', { operation: 'postback', kind: 'forged-refusal' }],
    ['amount', { operation: 'postback', kind: 'changed', fields: { PaymentAmount: '1000000.00' } }],
    ['half', { operation: 'postback', kind: 'half-body' }],
    ['unread', { operation: 'postback', kind: 'answer-lost' }],
  ])('arms %s by one click', async (preset, fault) => {
    expect(await read()).toContain(`value="${preset}"`);
    const page = await act({ action: 'preset', preset });
    expect(page).toContain('role="status"');
    expect(page).toContain('Armed: ');
    expect(await faults()).toMatchObject([fault]);
  });

  it('arms any other fault, shows what is armed, and clears it', async () => {
    const armed = await act({
      action: 'arm',
      operation: 'view-invoice',
      kind: 'status',
      times: '0',
      ms: '20',
      status: '503',
    });
    for (const shown of ['view-invoice', 'until cleared', '20 ms, 503']) expect(armed).toContain(shown);
    await act({ action: 'arm', operation: '', kind: 'bad-json', times: '', ms: '', status: '', fields: '' });
    await act({ action: 'arm', operation: 'postback', kind: 'changed', fields: '{"Approved":null}' });
    expect(await faults()).toMatchObject([
      { operation: 'view-invoice', kind: 'status', times: 0, ms: 20, status: 503 },
      { kind: 'bad-json', times: 1 },
      { operation: 'postback', kind: 'changed', fields: { Approved: null } },
    ]);
    expect(await act({ action: 'clear' })).toContain('Everything goes as it should');
    expect(await faults()).toEqual([]);
  });

  it.each([
    [{ action: 'arm', operation: 'guessed', kind: 'delay' }, 'Choose an operation'],
    [{ action: 'arm', operation: 'postback', kind: 'guessed' }, 'Choose a kind'],
    [{ action: 'arm', operation: 'postback', kind: 'html' }, 'no such kind'],
    [{ action: 'arm', operation: 'postback', kind: 'delay', ms: '700000' }, 'ms must be'],
    [{ action: 'arm', operation: 'postback', kind: 'delay', times: '-1' }, 'times must be'],
    [{ action: 'arm', operation: '', kind: 'status', status: '100' }, 'status must be'],
    [{ action: 'arm', operation: 'postback', kind: 'changed', fields: '[1]' }, 'must be a JSON object'],
    [{ action: 'arm', operation: 'postback', kind: 'changed', fields: '{' }, 'must be a JSON object'],
    [{ action: 'preset', preset: 'guessed' }, 'Choose a fault'],
    [{ action: 'postback', payment: 'guessed', what: 'again' }, 'no such payment'],
    [{ action: 'guessed' }, 'Choose what to do'],
    [{}, 'Choose what to do'],
  ] as [Record<string, string>, string][])('refuses %j', async (fields, named) => {
    const answer = await submit(menu, fields);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain('role="alert"');
    expect(page).toContain(named);
    expect(await faults()).toEqual([]);
  });

  it('takes no form of another site’s page', async () => {
    const answer = await fetch(menu, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ action: 'preset', preset: 'missing' }),
    });
    expect(answer.status).toBe(403);
    expect(await faults()).toEqual([]);
  });

  it('says nothing that an address brings', async () => {
    expect(await read(`${menu}&done=<b>said</b>`)).not.toContain('said');
  });

  it('moves the biller’s clock and sets it right', async () => {
    const ahead = async () =>
      (await json<{ aheadSeconds: number }>(story.control(`clock?billerGuid=${story.billerGuid}`))).aheadSeconds;
    expect(await act({ action: 'hour' })).toContain('60 minutes');
    await act({ action: 'day' });
    expect(await ahead()).toBe(90_000);
    expect(await act({ action: 'now' })).toContain('not at all');
    expect(await ahead()).toBe(0);
  });

  it('shows what was called without secrets, and what was paid', async () => {
    await story.set({ serviceFee: '1.00' });
    const token = 'CANARY-token';
    await payByCard(await story.open(sampleRequest(partner.url, { RemoteAuthenticationToken: token })), VISA);
    await story.ledger();
    const page = await read();
    for (const shown of ['cloud-payments', '$4.00 by 1 approved of 1 attempts', '2025000158', '204', '209860|12570']) {
      expect(page).toContain(shown);
    }
    expect(page).not.toContain('CANARY');
    expect(page).not.toContain('a-capability');
    expect(page).not.toContain(story.apiKey);
  });

  it.each([
    ['again', { Approved: 'True', PaymentAmount: '3.00' }, true],
    ['forged', { Approved: 'False', PaymentAmount: '3.00' }, false],
    ['amount', { Approved: 'True', PaymentAmount: '4.00' }, true],
  ])('sends another PostBack: %s', async (what, fields, sameGuid) => {
    await pay();
    const [{ paymentGuid }] = await story.ledger();
    const said = await act({ action: 'postback', payment: paymentGuid, what });
    expect(said).toContain('of invoice 2025000158 was sent: answered 204');
    expect(partner.received).toHaveLength(2);
    expect(partner.received[1].fields).toMatchObject(fields);
    expect(partner.received[1].fields.PaymentGUID === paymentGuid).toBe(sameGuid);
    expect((await story.ledger())[0].postbacks).toHaveLength(1);
    const wrong = await submit(menu, { action: 'postback', payment: paymentGuid, what: 'guessed' });
    expect(wrong.status).toBe(422);
  });

  it('tells when nobody answers', async () => {
    await pay();
    const [{ paymentGuid }] = await story.ledger();
    await partner.close();
    expect(await act({ action: 'postback', payment: paymentGuid, what: 'again' })).toContain(
      'no answer (ECONNREFUSED)',
    );
  });

  it('resets one biller, or all', async () => {
    await pay();
    expect(await act({ action: 'reset' })).toContain('No payment yet');
    expect(await act({ action: 'reset-all' })).toContain('as it started');
    expect((await story.steer('/ledger')).status).toBe(404);
  });
});
