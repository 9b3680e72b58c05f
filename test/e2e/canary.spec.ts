import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { admin, api, type Answer } from '../support/api.js';
import { closeDb, db } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newStory, payByCard, postBack, type Story } from '../support/story.js';

afterAll(async () => {
  await closeReceivers();
  await closeDb();
});

/** What must be found nowhere, by what it is. */
type Canaries = Record<string, string>;

const newCanary = (what: string) => `canary${what}${randomUUID().replaceAll('-', '')}`;

const payerOf = () => ({
  name: newCanary('name'),
  address: newCanary('address'),
  city: newCanary('city'),
  zip: randomUUID().replaceAll('-', '').slice(0, 20),
  email: `${newCanary('email')}@example.com`,
  token: newCanary('token'),
  cashier: newCanary('cashier'),
});

type Payer = ReturnType<typeof payerOf>;

const requestOf = (payer: Payer, changes: object = {}) =>
  sampleRequest(
    { RemoteAuthenticationToken: payer.token, CashierName: payer.cashier, ...changes },
    {
      Name: payer.name,
      Address: payer.address,
      City: payer.city,
      Zip: payer.zip,
      EmailAddress: payer.email,
      DisplayAccountNumber: payer.name,
    },
  );

const messageOf = (story: Story, payer: Payer, changes: Record<string, string> = {}) =>
  story.message({
    CustomerName: payer.name,
    CustomerAddress: payer.address,
    CustomerCity: payer.city,
    CustomerZip: payer.zip,
    ...changes,
  });

async function expectNowhere(canaries: Canaries, answers: readonly Answer[] = []): Promise<void> {
  const log = await readFile(stage.logFile, 'utf8');
  expect(log.length).toBeGreaterThan(0);
  const places: [string, string][] = [
    ['the log', log],
    ...answers.map(({ status, text, headers }): [string, string] => [
      `an answer with ${status}`,
      text + JSON.stringify([...headers]),
    ]),
    ...(await everyTable()),
  ];
  const found = places.flatMap(([place, text]) =>
    Object.entries(canaries)
      .filter(([, canary]) => formsOf(canary).some((form) => text.includes(form)))
      .map(([what]) => `${what} in ${place}`),
  );
  expect(found).toEqual([]);
}

/** As it is, as base64 (alone and as a Basic credential) and as a URL writes it. */
const formsOf = (canary: string): string[] => [
  canary,
  encodeURIComponent(canary),
  Buffer.from(canary).toString('base64'),
  Buffer.from(canary).toString('base64url'),
  Buffer.from(`${canary}:`).toString('base64'),
  Buffer.from(canary).toString('hex'),
];

/** Every row of every table, with every column. */
async function everyTable(): Promise<[string, string][]> {
  const tables = await db().rows<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`,
  );
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['public.payments', 'public.postbacks', 'public.deliveries', 'public.delivery_attempts']),
  );
  return Promise.all(
    tables.map(async ({ name }): Promise<[string, string]> => {
      const rows = await db().rows<{ whole: string }>(`select t::text as whole from ${name} t`);
      return [`table ${name}`, rows.map(({ whole }) => whole).join('\n')];
    }),
  );
}

const secretsOf = (story: Story, payer: Payer): Canaries => ({
  'the API key of Invoice Cloud': story.invoiceCloudKey,
  'the partner’s API key': story.key,
  'the partner’s webhook secret': story.partner.webhookSecret,
  'the administrator’s key': stage.settings['ADMIN_KEY'] ?? '',
  'the encryption key': stage.settings['ENCRYPTION_KEYS']?.split(':')[1] ?? '',
  'the database’s password': new URL(stage.settings['DATABASE_URL'] ?? '').password,
  'the payer’s name': payer.name,
  'the payer’s address': payer.address,
  'the payer’s city': payer.city,
  'the payer’s zip': payer.zip,
  'the payer’s e-mail': payer.email,
  'the RemoteAuthenticationToken': payer.token,
  'the cashier’s name': payer.cashier,
});

const lastPart = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? '';

describe('no secret and no payer’s data is found in the log, the database or a problem document', () => {
  test('after a payment’s whole way', async () => {
    const partner = await receiver();
    partner.answer(503);
    const story = await newStory();
    const payer = payerOf();
    const headers = { 'idempotency-key': randomUUID() };
    const asked = requestOf(payer, { PostBackURL: partner.url });
    const opened = await story.ask(asked, headers);
    expect(opened.status).toBe(201);
    await story.ask(asked, headers);
    const { postBackUrl } = await story.lastAsked();
    await payByCard(opened.body.cloudPaymentUrl, 'declined');
    await payByCard(opened.body.cloudPaymentUrl, 'approved');
    await story.ledger();
    await postBack(postBackUrl, messageOf(story, payer, { PaymentAmount: '9.99' }));
    await postBack(postBackUrl, messageOf(story, payer, { Approved: 'False' }));
    await eventually('both deliveries are made', async () => {
      const { relay } = await story.payment(opened.body.id);
      return relay.length === 2 && relay.every(({ status }: { status: string }) => status === 'delivered');
    });
    await expectNowhere(
      {
        ...secretsOf(story, payer),
        'the capability': lastPart(postBackUrl),
        'the hosted page': lastPart(opened.body.cloudPaymentUrl),
      },
      [
        await story.get(''),
        await story.get(`/${opened.body.id}`),
        await story.get(`/${opened.body.id}/events`),
        await api({ path: `/admin/v1/billers/${story.billerId}`, key: stage.settings['ADMIN_KEY'] }),
      ],
    );
  });

  test('after every failure of Invoice Cloud', async () => {
    const story = await newStory();
    const payer = payerOf();
    const answers: Answer[] = [];
    const capabilities: string[] = [];
    for (const kind of ['status', 'html', 'half-body', 'reset', 'bad-json', 'no-url']) {
      await story.fault({ kind });
      answers.push(await story.ask(requestOf(payer)));
      capabilities.push(lastPart((await story.lastAsked()).postBackUrl));
    }
    await story.fault({ kind: 'status', status: 401 });
    answers.push(await story.askDropIn(requestOf(payer)));
    expect(answers.map(({ status }) => status)).toEqual([502, 502, 502, 502, 502, 502, 502]);
    await expectNowhere(
      {
        ...secretsOf(story, payer),
        ...Object.fromEntries(capabilities.map((capability, index) => [`capability ${index}`, capability])),
      },
      answers,
    );
  });

  test.each([
    ['refuses the request', 400],
    ['answers without a page', 200],
    ['fails', 500],
  ])('when Invoice Cloud itself repeats the payer’s data as it %s', async (_, status) => {
    const payer = payerOf();
    const invoiceCloud = await receiver('');
    const echo = JSON.stringify({ Data: null, Message: `No: ${payer.name}, ${payer.email}, ${payer.token}` });
    invoiceCloud.always((response) =>
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(echo),
    );
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    const answer = await story.ask(requestOf(payer));
    expect([422, 502]).toContain(answer.status);
    // The caller sent these data and may be told what was wrong with them; nobody else.
    await expectNowhere(secretsOf(story, payer));
  });

  test('after requests that are refused', async () => {
    const story = await newStory();
    const payer = payerOf();
    const wrong = requestOf(payer);
    const answers = [
      await story.ask({ ...wrong, ViewMode: 7 }),
      await story.ask({ ...wrong, [payer.name]: 1, Foo: payer.name }),
      await story.ask(JSON.stringify(wrong).slice(0, -1), { 'content-type': 'application/json' }),
      await story.ask(JSON.stringify(wrong), { 'content-type': 'text/plain' }),
      await story.ask({ ...wrong, PostBackURL: `javascript:${payer.token}` }),
      await story.ask({ ...wrong, Customers: [...wrong.Customers, ...wrong.Customers] }),
      await story.askDropIn({ ...wrong, ViewMode: payer.name }),
      await api({ path: `/nowhere/${payer.token}?a=${payer.name}`, key: story.invoiceCloudKey }),
      await api({ path: `${story.path}?unknown=${payer.name}`, key: story.key }),
      await api({ path: `${story.path}/${payer.token}`, key: story.key }),
    ];
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
    // A name of a field that does not exist is told back, since that is what was wrong; so it is left out here.
    await expectNowhere(
      secretsOf(story, payer),
      answers.filter((_, index) => index !== 1),
    );
    await expectNowhere(secretsOf(story, payer));
  });

  test('after PostBacks to no payment, and those that nobody can read', async () => {
    const story = await newStory();
    const payer = payerOf();
    const { postBackUrl } = await story.open();
    const unknown = newCanary('capability');
    const message = messageOf(story, payer);
    await postBack(`${stage.apiUrl}/postbacks/${unknown}`, message);
    await postBack(postBackUrl, `{"CustomerName":"${payer.name}`, { contentType: 'application/json' });
    await postBack(postBackUrl, `<a>${payer.name}</a>`, { contentType: 'application/xml' });
    await postBack(postBackUrl, message, { query: new URLSearchParams({ Approved: payer.name }).toString() });
    await postBack(postBackUrl, { ...message, PaymentAmount: payer.name, Approved: payer.email });
    await expectNowhere({
      ...secretsOf(story, payer),
      'an unknown capability': unknown,
      'the capability': lastPart(postBackUrl),
    });
  });

  test('after an administrator’s mistakes', async () => {
    const story = await newStory();
    const secret = newCanary('pasted');
    const as = (path: string, body: unknown, method = 'PUT') =>
      api({ method, path: `/admin/v1/billers/${story.billerId}${path}`, key: stage.settings['ADMIN_KEY'], body });
    const answers = [
      await as('/api-key', { apiKey: `${secret}\n${secret}` }),
      await as('/api-key', { apikey: secret }),
      await as('/api-key', { apiKey: secret, extra: secret }),
      await as('/settings/36', { value: secret }),
      await as('/settings/37', { value: `https://example.com/${secret}` }),
      await api({ path: '/admin/v1/partners', key: secret }),
    ];
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
    await admin('PUT', `/billers/${story.billerId}/api-key`, { apiKey: secret, force: true });
    await expectNowhere({ 'what was pasted': secret }, answers);
  });
});

test('the log holds one line of JSON for a request, with the route’s pattern for its URL', async () => {
  const story = await newStory();
  const { id, postBackUrl } = await story.open();
  await postBack(postBackUrl, story.message());
  const answer = await story.get(`/${id}`);
  const requestId = answer.headers.get('x-request-id');
  const line = await eventually('the request is logged', async () =>
    (await readFile(stage.logFile, 'utf8')).split('\n').find((one) => requestId !== null && one.includes(requestId)),
  );
  expect(JSON.parse(line)).toMatchObject({
    requestId,
    method: 'GET',
    route: '/v1/billers/:billerId/cloud-pay/payments/:id',
    status: 200,
  });
  const log = await readFile(stage.logFile, 'utf8');
  expect(log).toContain('"/postbacks/:capability"');
  for (const one of log.split('\n').filter((text) => text.startsWith('{'))) expect(() => JSON.parse(one)).not.toThrow();
});
