import { randomUUID } from 'node:crypto';
import { ask, newAdminKey, NOBODY, patch } from '../../support/administration.js';
import { admin, api, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import { newMy360, newAccount, newEmail } from '../../support/my360.js';
import { sampleRequest } from '../../support/sample.js';
import { newKey, newPartner, newStory, postBack } from '../../support/story.js';

afterAll(closeDb);

const whole = (partnerId: string) => ({
  partnerId,
  name: 'Peoria Police',
  dba: 'Peoria Police Department',
  billerGuid: randomUUID(),
  mode: 'live',
  invoiceCloudUrl: 'https://staging.example.com/ic',
  cloudPayPolicy: { pinned: { PageLoadOverride: 4 }, defaults: { ViewMode: 1 } },
  portalOrigins: ['https://portal.example.com', 'https://portal.example.com:8443'],
  returnOrigins: ['https://return.example.com'],
  cssOrigins: ['https://cdn.example.com'],
  cssUrl: 'https://cdn.example.com/a.css',
  virtualSiteUrl: 'https://pay.example.com/now',
  ssoTokenSeconds: 600,
  outboundPerSecond: 2.5,
  askInvoiceStatus: true,
  hostedPageSeconds: 86_400,
});

const small = (partnerId: string, name = 'x') => ({
  partnerId,
  name,
  dba: name,
  billerGuid: randomUUID(),
  mode: 'test',
});

describe('a biller', () => {
  test('is made with every field, and read as it was made', async () => {
    const { id: partnerId } = await newPartner();
    const wanted = whole(partnerId);
    const made = await ask('POST', '/billers', wanted);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...wanted,
      id: expect.any(String),
      deactivatedAt: null,
      unsettledUntil: null,
      revision: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(made.headers.get('etag')).toBe('"1"');
    const read = await ask('GET', `/billers/${made.body.id}`);
    expect(read.headers.get('etag')).toBe('"1"');
    const settings = [expect.objectContaining({ settingId: 36, value: null, source: 'none' })];
    expect(read.body).toEqual({
      ...made.body,
      apiKey: null,
      webServiceKey: null,
      settings: expect.arrayContaining(settings),
    });
    const { data } = (await ask('GET', `/billers?partnerId=${partnerId}`)).body;
    expect(data).toEqual([made.body]);
  });

  test('has a BillerGUID that no other has, whatever its letters’ case', async () => {
    const { id } = await newPartner();
    const first = await admin('POST', '/billers', small(id));
    const answer = await ask('POST', '/billers', { ...small(id), billerGuid: first.billerGuid.toUpperCase() });
    expect(answer).toMatchObject({ status: 409, body: { code: 'biller_guid_taken' } });
    const second = await admin('POST', '/billers', small(id));
    expect(await patch(second.id, { billerGuid: first.billerGuid.toUpperCase() })).toMatchObject({
      status: 409,
      body: { code: 'biller_guid_taken' },
    });
    expect((await ask('GET', `/billers/${second.id}`)).body).toMatchObject({
      billerGuid: second.billerGuid,
      revision: 1,
    });
  });

  test.each<[string, object, string]>([
    [
      'an origin with a path',
      { portalOrigins: ['https://a.example.com', 'https://b.example.com/x'] },
      'portalOrigins[1]',
    ],
    ['an origin with a slash', { returnOrigins: ['https://a.example.com/'] }, 'returnOrigins[0]'],
    [
      'an origin that is a directive',
      { cssOrigins: ["https://a.example.com; script-src 'unsafe-inline'"] },
      'cssOrigins[0]',
    ],
    ['an origin with a star', { portalOrigins: ['https://*.example.com'] }, 'portalOrigins[0]'],
    ['an origin in capitals', { portalOrigins: ['https://A.example.com'] }, 'portalOrigins[0]'],
    ['origins that are no list', { portalOrigins: 'https://a.example.com' }, 'portalOrigins'],
    ['origins that are null', { portalOrigins: null }, 'portalOrigins'],
    ['too many origins', { portalOrigins: Array(21).fill('https://a.example.com') }, 'portalOrigins'],
    ['an Invoice Cloud of the private network', { invoiceCloudUrl: 'https://10.0.0.1' }, 'invoiceCloudUrl'],
    ['an Invoice Cloud with a password', { invoiceCloudUrl: 'https://a:b@example.com' }, 'invoiceCloudUrl'],
    ['a style sheet that is a script', { cssUrl: 'javascript:alert(1)' }, 'cssUrl'],
    ['a virtual site that is no URL', { virtualSiteUrl: 'pay.example.com' }, 'virtualSiteUrl'],
    ['a life below a minute', { ssoTokenSeconds: 59 }, 'ssoTokenSeconds'],
    ['a life beyond a day', { ssoTokenSeconds: 86_401 }, 'ssoTokenSeconds'],
    ['a limit of nothing', { outboundPerSecond: 0 }, 'outboundPerSecond'],
    ['a limit beyond a thousand', { outboundPerSecond: 1_000.01 }, 'outboundPerSecond'],
    ['a limit of three decimals', { outboundPerSecond: 1.234 }, 'outboundPerSecond'],
    ['a limit as text', { outboundPerSecond: '2' }, 'outboundPerSecond'],
    ['a switch as text', { askInvoiceStatus: 'true' }, 'askInvoiceStatus'],
    ['a switch that is null', { askInvoiceStatus: null }, 'askInvoiceStatus'],
    ['a hosted page of less than a minute', { hostedPageSeconds: 59 }, 'hostedPageSeconds'],
    ['a hosted page of more than thirty days', { hostedPageSeconds: 2_592_001 }, 'hostedPageSeconds'],
    ['a policy for what is no field', { cloudPayPolicy: { pinned: { Nope: 1 } } }, 'cloudPayPolicy.pinned["Nope"]'],
    [
      'a policy of the wrong type',
      { cloudPayPolicy: { defaults: { ViewMode: 'wide' } } },
      'cloudPayPolicy.defaults["ViewMode"]',
    ],
    ['a policy that is a list', { cloudPayPolicy: [] }, 'cloudPayPolicy'],
    ['a name of spaces', { name: '  ' }, 'name'],
    ['a name with half a surrogate', { name: 'a\ud800' }, 'name'],
    ['a DBA with a line break', { dba: 'a\nb' }, 'dba'],
    ['a BillerGUID that is none', { billerGuid: '1234' }, 'billerGuid'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('is neither made nor changed with %s', async (_, wrong, field) => {
    const { id } = await newPartner();
    const made = await ask('POST', '/billers', { ...small(id), ...wrong });
    expect(made.status).toBe(400);
    expect(made.body.errors.map((one: Json) => one.field)).toContain(field);
    const biller = await admin('POST', '/billers', small(id));
    const changed = await patch(biller.id, wrong);
    expect(changed.status).toBe(400);
    expect(changed.body.errors.map((one: Json) => one.field)).toContain(field);
    expect((await ask('GET', `/billers?partnerId=${id}`)).body.data).toEqual([biller]);
  });

  test.each([
    ['mode', 'live'],
    ['partnerId', NOBODY],
    ['id', NOBODY],
    ['revision', 7],
  ])('keeps its %s for good', async (field, value) => {
    const biller = await admin('POST', '/billers', small((await newPartner()).id));
    expect(await patch(biller.id, { [field]: value })).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('a change of a biller', () => {
  const made = async () => admin('POST', '/billers', whole((await newPartner()).id));
  const change = (id: string, etag: string | undefined, body: object) =>
    ask('PATCH', `/billers/${id}`, body, etag === undefined ? {} : { headers: { 'if-match': etag } });

  test('keeps what it leaves out; null takes away', async () => {
    const biller = await made();
    const renamed = await change(biller.id, '"1"', { dba: 'Renamed' });
    expect(renamed.status).toBe(200);
    expect(renamed.headers.get('etag')).toBe('"2"');
    expect(renamed.body).toEqual({ ...biller, dba: 'Renamed', revision: 2, updatedAt: expect.any(String) });
    expect(Date.parse(renamed.body.updatedAt)).toBeGreaterThan(Date.parse(biller.updatedAt));
    const nothing = {
      invoiceCloudUrl: null,
      cssUrl: null,
      virtualSiteUrl: null,
      ssoTokenSeconds: null,
      outboundPerSecond: null,
      hostedPageSeconds: null,
    };
    const cleared = await change(biller.id, '"2"', {
      ...nothing,
      portalOrigins: [],
      cloudPayPolicy: {},
      askInvoiceStatus: false,
    });
    expect(cleared.body).toEqual({
      ...renamed.body,
      ...nothing,
      askInvoiceStatus: false,
      portalOrigins: [],
      cloudPayPolicy: { pinned: {}, defaults: {} },
      revision: 3,
      updatedAt: expect.any(String),
    });
  });

  test('says which state it changes: 428 without, 412 with an unreadable or a stale one', async () => {
    const { id } = await made();
    expect(await change(id, undefined, { dba: 'x' })).toMatchObject({
      status: 428,
      body: { code: 'if_match_missing' },
    });
    for (const etag of ['1', '*', 'W/"1"', '"x"', '""', '"1", "2"', '"-1"', '"1e0"', '"99999999999"']) {
      const answer = await change(id, etag, { dba: 'x' });
      expect([etag, answer.status, answer.body.code]).toEqual([etag, 412, 'if_match_unreadable']);
    }
    expect((await change(id, '"1"', { dba: 'first' })).status).toBe(200);
    for (const etag of ['"1"', '"3"', '"0"']) {
      const stale = await change(id, etag, { dba: 'second' });
      expect(stale).toMatchObject({ status: 412, body: { code: 'biller_changed' } });
      expect(stale.body.detail).toContain('"2"');
    }
    expect((await ask('GET', `/billers/${id}`)).body).toMatchObject({ dba: 'first', revision: 2 });
  });

  test('of many at once is one', async () => {
    const { id } = await made();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => change(id, '"1"', { dba: `by ${n}` })));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
    expect((await ask('GET', `/billers/${id}`)).body).toMatchObject({ dba: won[0]?.body.dba, revision: 2 });
  });

  test('of nobody is 404', async () => {
    expect((await change(NOBODY, '"1"', { dba: 'x' })).body.code).toBe('biller_not_found');
  });
});

describe('the list of billers', () => {
  // Letters that JavaScript and PostgreSQL put in lower case each in its own way are among them.
  const NAMES = [
    'Émile',
    'bravo',
    'Alpha',
    'alpha',
    'ALPHA',
    'İzmir',
    'ΟΔΟΣ',
    'οδος',
    'zulu',
    'Straße',
    '100%',
    'a_b',
    'Bravo',
  ];
  let partnerId: string;
  let ids: string[];
  beforeAll(async () => {
    partnerId = (await newPartner()).id;
    ids = [];
    for (const [index, name] of NAMES.entries()) {
      const dba = `dba ${NAMES.at(-1 - index)}`;
      ids.push((await admin('POST', '/billers', { ...small(partnerId, name), dba })).id);
    }
  });

  const pages = async (query: string): Promise<Json[]> => {
    const all: Json[] = [];
    let cursor = '';
    for (let page = 0; page <= NAMES.length; page += 1) {
      const { status, body } = await ask('GET', `/billers?partnerId=${partnerId}${query}${cursor}`);
      expect(status).toBe(200);
      all.push(...body.data);
      if (!body.nextCursor) return all;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    throw new Error(`the pages of ${query} do not end`);
  };

  test.each(['name', '-name', 'dba', '-dba', 'createdAt', '-createdAt'])(
    'by %s loses and repeats nothing, whatever the size of its pages',
    async (sort) => {
      const inOne = (await pages(`&sort=${sort}&limit=200`)).map(({ id }) => id);
      expect([...inOne].sort()).toEqual([...ids].sort());
      for (const limit of [1, 2, 5]) {
        expect((await pages(`&sort=${sort}&limit=${limit}`)).map(({ id }) => id)).toEqual(inOne);
      }
      const back = sort.startsWith('-') ? sort.slice(1) : `-${sort}`;
      expect((await pages(`&sort=${back}&limit=3`)).map(({ id }) => id)).toEqual(inOne.toReversed());
    },
  );

  test('by createdAt is in the order of their making, and that is the default', async () => {
    expect((await pages('&sort=createdAt')).map(({ id }) => id)).toEqual(ids);
    expect((await pages('')).map(({ id }) => id)).toEqual(ids);
  });

  test('by name does not look at the case of letters', async () => {
    const names = (await pages('&sort=name')).map(({ name }) => name);
    const at = (name: string) => names.indexOf(name);
    expect(Math.abs(at('alpha') - at('ALPHA'))).toBeLessThan(3);
    expect(at('Bravo')).toBeGreaterThan(at('alpha'));
    expect(at('zulu')).toBeGreaterThan(at('bravo'));
  });

  test.each([
    ['alp', ['Alpha', 'alpha', 'ALPHA']],
    ['BRAVO', ['bravo', 'Bravo']],
    ['lpha', []],
    ['100%', ['100%']],
    ['a%', []],
    ['a_', ['a_b']],
    ['_', []],
    ['\\', []],
    ["'", []],
  ])('is searched by the beginning of a name: %s', async (search, names) => {
    const found = await pages(`&search=${encodeURIComponent(search)}`);
    expect(found.filter(({ dba }) => !dba.startsWith(search)).map(({ name }) => name)).toEqual(names);
  });

  // How far lower case goes beyond ASCII is the database's affair; a name is found as it is written all the same.
  test.each(NAMES)('is searched by a name as it is written: %s', async (name) => {
    expect((await pages(`&search=${encodeURIComponent(name)}`)).map((one) => one.name)).toContain(name);
  });

  test('is searched by the beginning of a DBA, by BillerGUID and by id', async () => {
    expect((await pages('&search=DBA')).map(({ id }) => id)).toEqual(ids);
    expect(await pages('&search=dba%20zulu')).toHaveLength(1);
    const [one] = await pages('&limit=1');
    for (const search of [one.id, one.id.toUpperCase(), one.billerGuid, one.billerGuid.toUpperCase()]) {
      expect((await pages(`&search=${search}`)).map(({ id }) => id)).toEqual([one.id]);
    }
    expect(await pages(`&search=${NOBODY}`)).toEqual([]);
  });

  test('is filtered by partner, mode and whether they are switched on', async () => {
    const other = await newPartner();
    const live = await admin('POST', '/billers', { ...small(other.id), mode: 'live' });
    const off = await admin('POST', '/billers', small(other.id));
    await admin('POST', `/billers/${off.id}/deactivate`, {});
    const read = async (query: string) =>
      (await ask('GET', `/billers?partnerId=${other.id}&${query}`)).body.data.map(({ id }: Json) => id);
    expect(await read('mode=live')).toEqual([live.id]);
    expect(await read('mode=test')).toEqual([off.id]);
    expect(await read('active=true')).toEqual([live.id]);
    expect(await read('active=false')).toEqual([off.id]);
    expect(await read('active=false&mode=live')).toEqual([]);
  });

  test('takes a cursor in its own order alone', async () => {
    const { nextCursor } = (await ask('GET', `/billers?partnerId=${partnerId}&sort=name&limit=1`)).body;
    for (const sort of ['-name', 'dba', 'createdAt']) {
      expect(await ask('GET', `/billers?sort=${sort}&cursor=${nextCursor}`)).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'cursor' }] },
      });
    }
  });

  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each<[string, string, string]>([
    ['a cursor that is none', 'cursor=x', 'cursor'],
    ['a cursor without its id', `sort=name&cursor=${cursor('name', 'x', 'y')}`, 'cursor'],
    ['a cursor of a list that ends early', `sort=name&cursor=${cursor('name')}`, 'cursor'],
    ['a cursor with a time for an id', `cursor=${cursor('createdAt', 'x', NOBODY)}`, 'cursor'],
    ['a cursor with a zero byte', `sort=name&cursor=${cursor('name', 'a\u0000', NOBODY)}`, 'cursor'],
    ['a search for a zero byte', 'search=a%00', 'search'],
    ['an order that is none', 'sort=billerGuid', 'sort'],
    ['an order that everything has', 'sort=constructor', 'sort'],
    ['a page of nothing', 'limit=0', 'limit'],
    ['a page of everything', 'limit=201', 'limit'],
    ['a mode that is none', 'mode=prod', 'mode'],
    ['a switch that is none', 'active=yes', 'active'],
    ['a partner that is none', 'partnerId=1', 'partnerId'],
  ])('refuses %s', async (_, query, field) => {
    expect(await ask('GET', `/billers?${query}`)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('a biller that is switched off', () => {
  const deactivate = (id: string, body: object = {}) => ask('POST', `/billers/${id}/deactivate`, body);

  test('has no open payments, unless it is forced; the count is told', async () => {
    const story = await newStory();
    await story.open();
    await story.open({}, {}, { InvoiceNumber: '2' });
    const refused = await deactivate(story.billerId);
    expect(refused).toMatchObject({ status: 409, body: { code: 'biller_has_open_payments' } });
    expect(refused.body.detail).toMatch(/^2 payments/);
    expect((await story.ask(sampleRequest({}, {}, { InvoiceNumber: '3' }))).status).toBe(201);
    expect((await deactivate(story.billerId, { force: false })).status).toBe(409);
    const forced = await deactivate(story.billerId, { force: true });
    expect(forced.status).toBe(200);
    expect(Math.abs(Date.now() - Date.parse(forced.body.deactivatedAt))).toBeLessThan(60_000);
  });

  test('says so on every partner route, and serves again when it is switched on', async () => {
    const my360 = await newMy360();
    const { story } = my360;
    const { id } = await story.open();
    await deactivate(story.billerId, { force: true });
    const routes = () =>
      Promise.all([
        story.ask(),
        story.askDropIn(),
        story.get(''),
        story.get(`/${id}`),
        story.get(`/${id}/events`),
        my360.signIn({ email: newEmail(), password: 'x'.repeat(12) }),
        my360.register({ email: newEmail(), password: 'x'.repeat(12), accountNumber: newAccount() }),
      ]);
    const asked = (await story.requests()).length;
    for (const answer of await routes()) {
      expect(answer.status).toBe(409);
      expect(answer.body.code ?? answer.body.Code).toBe('biller_deactivated');
    }
    expect(await story.requests()).toHaveLength(asked);
    const again = await ask('POST', `/billers/${story.billerId}/activate`);
    expect(again).toMatchObject({ status: 200, body: { deactivatedAt: null } });
    for (const { text } of await routes()) expect(text).not.toContain('biller_deactivated');
    expect((await story.ask()).status).toBe(201);
  });

  test('still takes the PostBack of a payment that was open', async () => {
    const story = await newStory();
    const { id, postBackUrl } = await story.open();
    await deactivate(story.billerId, { force: true });
    expect(await postBack(postBackUrl, story.message())).toBe(204);
    await eventually('the PostBack is recorded', async () => (await story.postbackRows(id)).length === 1);
    await ask('POST', `/billers/${story.billerId}/activate`);
    expect((await story.payment(id)).status).toBe('paid');
  });

  test('is the same when it is switched off twice, and its revision tells of each', async () => {
    const { billerId } = await newStory();
    const first = (await deactivate(billerId)).body;
    const second = (await deactivate(billerId)).body;
    expect(second.deactivatedAt).toBe(first.deactivatedAt);
    expect(second.revision).toBeGreaterThan(first.revision);
    expect((await deactivate(NOBODY)).status).toBe(404);
    expect((await ask('POST', `/billers/${NOBODY}/activate`)).status).toBe(404);
  });

  test('is still nobody’s business but its partner’s', async () => {
    const story = await newStory();
    await deactivate(story.billerId);
    const other = await newKey(await newPartner());
    expect((await api({ path: story.path, key: other })).body.code).toBe('biller_not_found');
  });

  test('is read by an auditor, who can’t switch it', async () => {
    const { billerId } = await newStory();
    const auditor = await newAdminKey('auditor');
    expect((await ask('GET', `/billers/${billerId}`, undefined, auditor)).status).toBe(200);
    expect((await ask('POST', `/billers/${billerId}/deactivate`, {}, auditor)).status).toBe(403);
    const [row] = await db().rows('select deactivated_at from billers where id = $1', [billerId]);
    expect(row?.['deactivated_at']).toBeNull();
  });
});
