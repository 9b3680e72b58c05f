import { randomUUID } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { api, type Answer, type Json } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';
import { newStory } from '../support/story.js';

const ADMIN_KEY = stage.settings['ADMIN_KEY'] ?? '';
let platform: Platform;

// A platform of its own: an import compares with everything that is there.
beforeAll(async () => {
  platform = await startPlatform({ DATABASE_URL: await newDatabase() });
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const send = (file: unknown, dryRun = false, type = 'application/yaml'): Promise<Answer> =>
  api({
    method: 'POST',
    path: `/admin/v1/import?dryRun=${dryRun}`,
    key: ADMIN_KEY,
    body: typeof file === 'string' ? file : type.endsWith('json') ? JSON.stringify(file) : stringify(file),
    headers: { 'content-type': type },
    url: platform.url,
  });
const exported = async (format = 'yaml'): Promise<Json> => {
  const answer = await api({ path: `/admin/v1/export?format=${format}`, key: ADMIN_KEY, url: platform.url });
  expect(answer.status).toBe(200);
  return parse(answer.text);
};
const billers = async (): Promise<number> => (await exported()).billers.length;

const row = (changes: object = {}) => ({
  billerGuid: randomUUID(),
  partner: 'Imported',
  name: `Biller ${randomUUID()}`,
  dba: 'Police',
  mode: 'test',
  cloudPayPolicy: { pinned: { 'Customers.Invoices.TypeID': 39 } },
  settings: { '36': `https://portal.example.com/${randomUUID()}` },
  ...changes,
});
const file = (rows: readonly object[], changes: object = {}) => ({
  version: 1,
  partners: [{ name: 'Imported' }],
  settingDefinitions: [
    { id: 41, name: 'Receipt footer', type: 'text', uniquePerBiller: false, defaultValue: 'Thanks' },
  ],
  billers: rows,
  ...changes,
});

describe('configuration as code', () => {
  test('is shown as a difference first, then imported, then exported as it was', async () => {
    const own = { outboundPerSecond: 0.25, askInvoiceStatus: true, hostedPageSeconds: 60 };
    const wanted = file([row(own), row({ settings: { '36': 'https://portal.example.com/x', '41': 'Come again' } })]);
    const before = await billers();
    const dry = await send(wanted, true);
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true } });
    expect(dry.body.rows.map(({ kind, action }: Json) => `${kind} ${action}`)).toEqual([
      'partner create',
      'setting-definition create',
      'biller create',
      'biller create',
    ]);
    expect(await billers()).toBe(before);

    expect((await send(wanted)).status).toBe(200);
    const after = await exported('json');
    for (const biller of wanted.billers as Json[]) {
      const found = after.billers.find(({ billerGuid }: Json) => billerGuid === biller.billerGuid);
      expect(found).toMatchObject({ ...biller, cloudPayPolicy: { ...biller.cloudPayPolicy, defaults: {} } });
    }
    const again = await send(after);
    expect(new Set(again.body.rows.map(({ action }: Json) => action))).toEqual(new Set(['unchanged']));
  });

  test('names what an update changes, and leaves what the file does not name', async () => {
    const [one, other] = [row(), row()];
    await send(file([one, other]));
    const changed = await send(file([{ ...one, dba: 'Sheriff', settings: {} }]), true);
    const biller = changed.body.rows.find(({ kind }: Json) => kind === 'biller');
    expect(biller).toMatchObject({
      action: 'update',
      changes: { dba: { before: 'Police', after: 'Sheriff' }, settings: { before: one.settings, after: {} } },
    });
    await send(file([{ ...one, dba: 'Sheriff', settings: {} }]));
    const now = (await exported()).billers;
    expect(now.find(({ billerGuid }: Json) => billerGuid === one.billerGuid)).toMatchObject({
      dba: 'Sheriff',
      settings: {},
    });
    expect(now.find(({ billerGuid }: Json) => billerGuid === other.billerGuid)).toMatchObject({ dba: 'Police' });
  });

  test.each<[string, object, string]>([
    ['a URL of the private network', { cssUrl: 'https://10.0.0.1/x.css' }, 'billers[1].cssUrl'],
    ['an origin with more to it', { portalOrigins: ['https://a.example/x'] }, 'billers[1].portalOrigins[0]'],
    ['a setting that is not defined', { settings: { '77': 'x' } }, 'billers[1].settings["77"]'],
    ['a setting of the wrong type', { settings: { '36': 'javascript:x' } }, 'billers[1].settings["36"]'],
    [
      'a policy of no field',
      { cloudPayPolicy: { pinned: { Colour: 1 } } },
      'billers[1].cloudPayPolicy.pinned["Colour"]',
    ],
    ['a limit of nothing', { outboundPerSecond: 0 }, 'billers.1.outboundPerSecond'],
    ['an unknown partner', { partner: 'Nobody' }, 'billers[1].partner'],
    ['a mode that is none', { mode: 'maybe' }, 'billers.1.mode'],
    ['an unknown field', { colour: 'red' }, 'billers.1.colour'],
  ])('imports nothing because of one row with %s, and names it', async (_, changes, field) => {
    const before = await billers();
    const answer = await send(file([row(), row(changes)]));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors.map((error: Json) => error.field)).toContain(field);
    expect(await billers()).toBe(before);
  });

  test('refuses a bomb of aliases, broken YAML, and a BillerGUID that comes twice', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefghi'[i]}`).join()}]`),
    ].join('\n');
    const guid = randomUUID();
    for (const bad of [
      bomb,
      'version: [',
      'just text',
      '',
      file([row({ billerGuid: guid }), row({ billerGuid: guid.toUpperCase() })]),
    ]) {
      expect(await send(bad)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });

  test('holds no secret, but says which one is set', async () => {
    const story = await newStory({ url: platform.url });
    const answer = await api({ path: '/admin/v1/export', key: ADMIN_KEY, url: platform.url });
    expect(answer.text).not.toContain(story.invoiceCloudKey);
    expect(answer.text).not.toContain('whsec_');
    const found = parse(answer.text).billers.find(({ billerGuid }: Json) => billerGuid === story.billerGuid);
    expect(found.apiKey).toBe(`secret:api-key/version-1/ends-in-${story.invoiceCloudKey.slice(-4)}`);
  });

  test('takes three hundred billers in one go', async () => {
    const before = await billers();
    const answer = await send(file(Array.from({ length: 300 }, () => row())), false, 'application/json');
    expect(answer.status).toBe(200);
    expect(await billers()).toBe(before + 300);
  });
});
