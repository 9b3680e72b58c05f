import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { verifyChain } from '../../../src/audit/verify.js';
import { dataSourceOptions } from '../../../src/database/database.js';
import { ask, newAdminKey, newSecret, patch } from '../../support/administration.js';
import { closeDb, newDatabase } from '../../support/db.js';
import { startPlatform, stopPlatforms } from '../../support/platform.js';
import { newStory } from '../../support/story.js';

let dataSource: DataSource;
let url: string;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  url = (await startPlatform({ DATABASE_URL: databaseUrl })).url;
  dataSource = new DataSource(dataSourceOptions(databaseUrl, 2));
  await dataSource.initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await stopPlatforms();
  await closeDb();
});

const verify = () => verifyChain(dataSource.manager);

/** Somebody with all rights changes the rows; what is found is told, and everything is put back. */
async function tampered(sql: string): Promise<Awaited<ReturnType<typeof verifyChain>>> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query('alter table audit_events disable trigger all');
    await runner.query(sql);
    return await verifyChain(runner.manager);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

test('the chain of every kind of change is whole', async () => {
  const { billerId, partner, billerGuid } = await newStory({ url, returnUrl: 'https://example.com/return' });
  const by = { url };
  const steps = [
    () => patch(billerId, { cloudPayPolicy: { pinned: { PageLoadOverride: 4 }, defaults: {} } }, by),
    () => patch(billerId, { dba: 'Peoria “Police” ü 東京 🚓 \\ "quoted"' }, by),
    () => ask('PUT', `/billers/${billerId}/web-service-key`, { key: newSecret() }, by),
    () => ask('DELETE', `/billers/${billerId}/settings/36`, undefined, by),
    () => ask('POST', `/partners/${partner.id}/webhook-secret`, undefined, by),
    () =>
      ask(
        'POST',
        '/setting-definitions',
        { id: 41, name: 'Footer', type: 'choice', choices: ['a', 'b'], uniquePerBiller: false },
        by,
      ),
    () =>
      ask(
        'POST',
        '/billers',
        { partnerId: partner.id, name: 'x', dba: 'x', billerGuid: randomUUID(), mode: 'live' },
        by,
      ),
    () => ask('POST', '/partners', { name: billerGuid }, by),
  ];
  for (const step of steps) expect((await step()).status).toBeLessThan(300);
  const { events, findings } = await verify();
  expect(findings).toEqual([]);
  expect(events).toBeGreaterThanOrEqual(steps.length);
});

describe('a change with a time in it is no alteration:', () => {
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const partnerKey = async (verb: string, body?: object) => {
    const { partner } = await newStory({ url });
    const path = `/partners/${partner.id}/keys`;
    const { id } = (await ask('POST', path, { name: 'x', mode: 'test' }, { url })).body;
    return ask('POST', `${path}/${id}/${verb}`, body, { url });
  };
  const adminKey = async (verb: string, body?: object) =>
    ask('POST', `/admin-keys/${(await newAdminKey('auditor', {}, url)).id}/${verb}`, body, { url });
  const biller = async (verb: string) => {
    const { billerId } = await newStory({ url });
    await ask('POST', `/billers/${billerId}/deactivate`, {}, { url });
    return ask('POST', `/billers/${billerId}/${verb}`, {}, { url });
  };

  test.each<[string, () => ReturnType<typeof ask>]>([
    ['a biller that is switched off', () => biller('deactivate')],
    ['a biller that is switched on', () => biller('activate')],
    ['a partner key that ends', () => partnerKey('expire', { at: later })],
    ['a partner key that is rolled', () => partnerKey('roll', { overlapHours: 1 })],
    ['a partner key that is revoked', () => partnerKey('revoke')],
    [
      'an administrator key that ends',
      () => ask('POST', '/admin-keys', { name: 'x', role: 'auditor', expiresAt: later }, { url }),
    ],
    ['an administrator key that is rolled', () => adminKey('roll', {})],
    ['an administrator key that is revoked', () => adminKey('revoke')],
  ])('%s', async (_, deed) => {
    const before = (await verify()).findings.length;
    expect((await deed()).status).toBeLessThan(300);
    expect((await verify()).findings).toHaveLength(before);
  });
});

test('events of many at once stand in one chain, without a gap', async () => {
  const story = await newStory({ url });
  const before = await verify();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      ask('PUT', `/billers/${story.billerId}/settings/36`, { value: `https://example.com/${n}` }, { url }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const after = await verify();
  expect(after.events).toBe(before.events + 20);
  expect(after.findings).toEqual(before.findings);
});

describe('with all rights and the trigger off,', () => {
  const seqOf = async (which: string): Promise<string> => {
    const [row] = await dataSource.query<{ seq: string }[]>(which);
    return row?.seq ?? '';
  };
  const middle = () => seqOf(`select seq from audit_events where action = 'biller.create' order by seq limit 1`);
  const last = () => seqOf('select max(seq) as seq from audit_events');
  /** Beyond what is found in the rows as they are. */
  const found = async (sql: string) => {
    const known = (await verify()).findings.map((one) => JSON.stringify(one));
    return (await tampered(sql)).findings.filter((one) => !known.includes(JSON.stringify(one)));
  };

  test.each([
    ['actor', `'somebody else'`],
    ['action', `'biller.read'`],
    ['target', `'biller:${randomUUID()}'`],
    ['before', `'{}'`],
    ['after', `after || '{"name":"altered"}'`],
    ['after', `null`],
    ['at', `at + interval '1 millisecond'`],
    ['ip', `'203.0.113.1'`],
    ['request_id', `'x'`],
    ['id', `'${randomUUID()}'`],
    ['hash', `sha256('x')`],
  ])('an altered %s (%s) is found', async (column, value) => {
    const seq = await middle();
    const findings = await found(`update audit_events set ${column} = ${value} where seq = ${seq}`);
    expect(findings).toContainEqual({ seq, finding: 'altered' });
  });

  test('a removed event is found', async () => {
    const seq = await middle();
    expect(await found(`delete from audit_events where seq = ${seq}`)).toContainEqual({ seq, finding: 'removed' });
  });

  test('the first one, removed, is found', async () => {
    const findings = await found('delete from audit_events where seq = 1');
    expect(findings).toContainEqual({ seq: '1', finding: 'removed' });
  });

  test('the last one, removed, is found', async () => {
    const seq = await last();
    const findings = await found(`delete from audit_events where seq = ${seq}`);
    expect(findings).toContainEqual(expect.objectContaining({ seq, finding: expect.stringContaining('end') }));
  });

  test('all of them, removed, is found', async () => {
    expect((await tampered('delete from audit_events')).findings).not.toEqual([]);
  });

  test('a gap closed by numbering anew is found', async () => {
    const seq = await middle();
    const findings = await found(
      `delete from audit_events where seq = ${seq}; update audit_events set seq = -seq + 1 where seq > ${seq};
       update audit_events set seq = -seq where seq < 0`,
    );
    expect(findings).not.toEqual([]);
  });

  test('two that changed places are found', async () => {
    const seq = BigInt(await middle());
    const findings = await found(
      `update audit_events set seq = -seq where seq in (${seq}, ${seq + 1n});
       update audit_events set seq = case when seq = -${seq} then ${seq + 1n} else ${seq} end where seq < 0`,
    );
    expect(findings.map((one) => one.seq)).toEqual(expect.arrayContaining([String(seq), String(seq + 1n)]));
  });
});
