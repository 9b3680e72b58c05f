import { ask as askAt, newAdminKey, NOBODY } from '../../support/administration.js';
import type { Json } from '../../support/api.js';
import { closeDb, db, newDatabase } from '../../support/db.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { newStory } from '../../support/story.js';

// A database of its own, since a definition counts for every biller.
let url: string;
let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
  url = (await startPlatform({ DATABASE_URL: databaseUrl })).url;
});
afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const ask = (method: string, path: string, body?: unknown, key?: string) =>
  askAt(method, path, body, { url, ...(key && { key }) });

let lastId = 100;
const definition = (changes: object = {}) => ({
  id: (lastId += 1),
  name: 'Receipt footer',
  type: 'text',
  uniquePerBiller: false,
  ...changes,
});
async function define(changes: object = {}): Promise<Json> {
  const answer = await ask('POST', '/setting-definitions', definition(changes));
  expect(answer.status).toBe(201);
  return answer.body;
}
const biller = async () => (await newStory({ url, databaseUrl })).billerId;
const set = (billerId: string, id: number, value: unknown) =>
  ask('PUT', `/billers/${billerId}/settings/${id}`, { value });
const effective = async (billerId: string, id: number): Promise<Json> =>
  (await ask('GET', `/billers/${billerId}/settings`)).body.data.find((one: Json) => one.settingId === id);

describe('a definition', () => {
  test('of setting 36 is there from the beginning', async () => {
    const { data } = (await ask('GET', '/setting-definitions')).body;
    expect(data.find(({ id }: Json) => id === 36)).toMatchObject({
      name: 'SSO - One Time Payment ReturnUrl',
      type: 'url',
      uniquePerBiller: true,
      defaultValue: null,
      workflow: expect.stringContaining('one-time-payments'),
    });
  });

  test('is made of every type, and listed', async () => {
    for (const changes of [
      { type: 'text', defaultValue: 'Thank you', workflow: 'receipts' },
      { type: 'number', defaultValue: '0.5' },
      { type: 'boolean', defaultValue: 'false' },
      { type: 'url', defaultValue: 'https://example.com/x' },
      { type: 'choice', choices: ['a', 'b'], defaultValue: 'b' },
      { type: 'text', uniquePerBiller: true },
    ]) {
      const made = await define(changes);
      const wanted = { defaultValue: null, choices: null, workflow: null, uniquePerBiller: false, ...changes };
      expect(made).toEqual({ id: lastId, name: 'Receipt footer', ...wanted });
      expect((await ask('GET', '/setting-definitions')).body.data).toContainEqual(made);
    }
  });

  test.each<[string, object, string]>([
    ['a default of its own for every biller', { uniquePerBiller: true, defaultValue: 'x' }, 'defaultValue'],
    ['a default that is no number', { type: 'number', defaultValue: 'x' }, 'defaultValue'],
    ['a default that is no choice', { type: 'choice', choices: ['a'], defaultValue: 'b' }, 'defaultValue'],
    ['a default of the private network', { type: 'url', defaultValue: 'http://10.0.0.1/' }, 'defaultValue'],
    ['a default that is no text', { defaultValue: 5 }, 'defaultValue'],
    ['a type that is none', { type: 'date' }, 'type'],
    ['nothing to choose from', { type: 'choice' }, 'choices'],
    ['a choice of numbers', { type: 'choice', choices: [1] }, 'choices'],
    ['a choice with a zero byte', { type: 'choice', choices: ['a\u0000'] }, 'choices'],
    ['a workflow with a zero byte', { workflow: 'a\u0000' }, 'workflow'],
    ['an id of none', { id: 0 }, 'id'],
    ['an id beyond all', { id: 1_000_001 }, 'id'],
    ['an id that is text', { id: '41' }, 'id'],
    ['no name', { name: '' }, 'name'],
    ['nothing about uniqueness', { uniquePerBiller: undefined }, 'uniquePerBiller'],
  ])('is not made with %s', async (_, wrong, field) => {
    const before = (await ask('GET', '/setting-definitions')).body.data.length;
    const answer = await ask('POST', '/setting-definitions', definition(wrong));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect((await ask('GET', '/setting-definitions')).body.data).toHaveLength(before);
  });

  test('is not made twice', async () => {
    const { id } = await define();
    for (const taken of [id, 36]) {
      const answer = await ask('POST', '/setting-definitions', definition({ id: taken }));
      expect(answer).toMatchObject({ status: 409, body: { code: 'setting_id_taken' } });
    }
  });
});

describe('a value', () => {
  test.each<[object, string[], unknown[]]>([
    [
      { type: 'text' },
      ['x', ' x ', '東京', 'x'.repeat(2048)],
      ['', 'a\nb', 'a\u0000', 'x'.repeat(2049), 5, null, true],
    ],
    [{ type: 'number' }, ['0', '-1', '42.5', '123456789012345'], ['x', '1e5', '1,5', ' 1', '0x10', '.5', 'NaN', '', 5]],
    [{ type: 'boolean' }, ['true', 'false'], ['TRUE', 'yes', '1', '', true]],
    [
      { type: 'url' },
      ['https://example.com/a?b=c'],
      ['x', 'javascript:alert(1)', 'https://10.0.0.1/', 'https://a:b@example.com'],
    ],
    [{ type: 'choice', choices: ['a', 'b c'] }, ['a', 'b c'], ['A', 'c', 'b', 'constructor', '']],
  ])('of %j is judged by its definition', async (changes, right, wrong) => {
    const { id } = await define(changes);
    const billerId = await biller();
    for (const value of right) {
      expect((await set(billerId, id, value)).status).toBe(200);
      expect(await effective(billerId, id)).toMatchObject({ value, source: 'biller' });
    }
    for (const value of wrong) {
      const answer = await set(billerId, id, value);
      expect([value, answer.status, answer.body.errors?.[0].field]).toEqual([value, 400, 'value']);
    }
    expect((await effective(billerId, id)).value).toBe(right.at(-1));
  });

  test('that counts is the biller’s own, else the default, else none', async () => {
    const { id } = await define({ defaultValue: 'of all' });
    const { id: bare } = await define();
    const [one, other] = [await biller(), await biller()];
    expect(await effective(one, id)).toEqual({
      settingId: id,
      name: 'Receipt footer',
      value: 'of all',
      source: 'default',
      uniquePerBiller: false,
    });
    expect(await effective(one, bare)).toMatchObject({ value: null, source: 'none' });
    const { body } = await set(one, id, 'its own');
    expect(body.data).toContainEqual(expect.objectContaining({ settingId: id, value: 'its own', source: 'biller' }));
    expect(await effective(other, id)).toMatchObject({ value: 'of all', source: 'default' });
    expect((await ask('DELETE', `/billers/${one}/settings/${id}`)).status).toBe(200);
    expect(await effective(one, id)).toMatchObject({ value: 'of all', source: 'default' });
  });

  test('keeps all that it was, with who and when, and SQL can’t alter that', async () => {
    const { id } = await define();
    const billerId = await biller();
    const operator = await newAdminKey('operator', {}, url);
    await set(billerId, id, 'one');
    await ask('PUT', `/billers/${billerId}/settings/${id}`, { value: 'two' }, operator.key);
    await ask('DELETE', `/billers/${billerId}/settings/${id}`, undefined, operator.key);
    const { data } = (await ask('GET', `/billers/${billerId}/settings/${id}/history`)).body;
    const by = `key ${operator.id} (${operator.name})`;
    expect(data.map(({ value, setBy }: Json) => [value, setBy])).toEqual([
      [null, by],
      ['two', by],
      ['one', 'ADMIN_KEY'],
    ]);
    const times = data.map(({ setAt }: Json) => Date.parse(setAt));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(Math.abs(Date.now() - times[0])).toBeLessThan(60_000);
    for (const sql of [
      `update biller_setting_changes set value = 'other'`,
      'delete from biller_setting_changes',
      'truncate biller_setting_changes',
    ]) {
      await expect(db(databaseUrl).rows(sql)).rejects.toThrow(/append-only/);
    }
    expect((await ask('GET', `/billers/${billerId}/settings/${id}/history`)).body.data).toEqual(data);
  });

  test('that was refused leaves no history', async () => {
    const { id } = await define({ type: 'number' });
    const billerId = await biller();
    await set(billerId, id, 'x');
    expect((await ask('GET', `/billers/${billerId}/settings/${id}/history`)).body.data).toEqual([]);
  });

  test('of many at once has them all in its history, the one that counts first', async () => {
    const { id } = await define({ type: 'number' });
    const billerId = await biller();
    const values = Array.from({ length: 10 }, (_, n) => String(n));
    const answers = await Promise.all(values.map((value) => set(billerId, id, value)));
    expect(answers.map(({ status }) => status)).toEqual(values.map(() => 200));
    const { data } = (await ask('GET', `/billers/${billerId}/settings/${id}/history`)).body;
    expect(data.map(({ value }: Json) => value).sort()).toEqual(values);
    expect((await effective(billerId, id)).value).toBe(data[0].value);
  });

  test('of a setting or a biller that is none is 404', async () => {
    const billerId = await biller();
    for (const answer of [
      await set(billerId, 999_999, 'x'),
      await ask('DELETE', `/billers/${billerId}/settings/999999`),
      await ask('GET', `/billers/${billerId}/settings/999999/history`),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'setting_not_found' } });
    }
    for (const answer of [
      await set(NOBODY, 36, 'https://example.com/'),
      await ask('DELETE', `/billers/${NOBODY}/settings/36`),
      await ask('GET', `/billers/${NOBODY}/settings`),
      await ask('GET', `/billers/${NOBODY}/settings/36/history`),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'biller_not_found' } });
    }
  });
});
