import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { api, type Answer, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import {
  launch,
  type MailStage,
  type My360,
  newAccount,
  newMy360,
  startMailStage,
  submit,
  visit,
  wanted,
} from '../../support/my360.js';
import { stopPlatforms } from '../../support/platform.js';
import { stage } from '../../support/stage-facts.js';

let mail: MailStage;
beforeAll(async () => {
  mail = await startMailStage({ LOG_LEVEL: 'trace' });
}, 60_000);
afterAll(async () => {
  await stopPlatforms();
  await mail.close();
  await closeDb();
});

const canary = (what: string) => `canary${what}${randomUUID().replaceAll('-', '')}`;
const email = (what: string) => `${canary(what)}@example.com`;
const lastPart = (url: string): string => url.split('/').at(-1) ?? '';

/** As it is, in another case, and as base64, hex or a URL writes it. */
const formsOf = (secret: string): string[] => [
  secret,
  secret.toLowerCase(),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
];

/** Every row of every table with every column, the queue's too. */
async function everyTable(): Promise<[string, string][]> {
  const tables = await db().rows<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const own = ['sso_sessions', 'launch_tickets', 'login_attempts', 'credential_changes'].map(
    (name) => `public.${name}`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(own));
  return Promise.all(
    tables.map(async ({ name }): Promise<[string, string]> => {
      const rows = await db().rows<{ whole: string }>(`select t::text as whole from ${name} t`);
      return [`table ${name}`, rows.map(({ whole }) => whole).join('\n')];
    }),
  );
}

async function expectNowhere(secrets: Record<string, string>, my360: My360, problems: readonly Answer[]) {
  const log = mail.platform.said();
  expect(log).toContain(':billerId/sso/sessions');
  const urls = (await my360.story.requests()).map((request: Json) => request.path as string);
  expect(urls.length).toBeGreaterThan(0);
  const places: [string, string][] = [
    ['the log', log],
    ['the log of the other platform', await readFile(stage.logFile, 'utf8')],
    ['a URL at Invoice Cloud', urls.join('\n')],
    ...problems.map(({ status, text, headers }): [string, string] => [
      `a problem with ${status}`,
      text + JSON.stringify([...headers]),
    ]),
    ...(await everyTable()),
  ];
  const found = places.flatMap(([place, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
      .map(([what]) => `${what} in ${place}`),
  );
  expect(found).toEqual([]);
}

describe('no password, token, ticket, approval token or e-mail is in a log, a problem, a URL or an unsealed column', () => {
  test('after all ten stories', async () => {
    const my360 = await newMy360({ url: mail.platform.url, portal: { portalOrigins: ['https://my360.example'] } });
    const user = { email: email('user'), password: canary('password'), accountNumber: newAccount() };
    wanted(201, await my360.register(user, { name: 'Jane Payer' }));
    const session = wanted(201, await my360.signIn(user, [user.accountNumber, await my360.unregistered()])).body;
    const page = wanted(201, await my360.openPage(session.id, { page: 'recent-bills' })).body;
    expect((await launch(page.launchUrl)).status).toBe(200);
    expect((await visit(page.launchUrl)).status).toBe(410);
    const unused = wanted(201, await my360.openPage(session.id, { page: 'autopay' })).body;

    const held = { email: email('held'), password: canary('held') };
    const change = { newEmail: email('wanted'), newPassword: canary('wanted') };
    const asked = { ...user, ...held, ...change };
    const links: string[] = [];
    for (const decision of ['refuse', 'approve', undefined]) {
      const address = links.length < 2 ? user.email : change.newEmail;
      wanted(200, await my360.ask('POST', '/credential-changes', asked));
      const { link } = await mail.mailTo(address);
      links.push(link);
      if (decision) expect((await submit(await visit(link), { decision })).status).toBe(200);
    }
    const changed = { ...user, email: change.newEmail, password: change.newPassword };
    const last = { newPassword: canary('last') };
    wanted(200, await my360.ask('POST', '/credential-changes', { ...changed, ...last }));
    const again = await my360.session({ ...changed, password: last.newPassword });
    wanted(200, await my360.ask('DELETE', `/sessions/${again.id}/accounts/${user.accountNumber}`));

    await expectNowhere(
      {
        'the e-mail': user.email,
        'the password': user.password,
        'the e-mail that My360 holds': held.email,
        'the password that My360 holds': held.password,
        'the new e-mail': change.newEmail,
        'the new password': change.newPassword,
        'the newest password': last.newPassword,
        'the token': session.remoteAuthenticationToken,
        'the token of the last session': again.remoteAuthenticationToken,
        'a used ticket': lastPart(page.launchUrl),
        'an unused ticket': lastPart(unused.launchUrl),
        'a refused approval token': lastPart(links[0] ?? ''),
        'a used approval token': lastPart(links[1] ?? ''),
        'a waiting approval token': lastPart(links[2] ?? ''),
        'the API key of Invoice Cloud': my360.story.invoiceCloudKey,
        'the partner’s API key': my360.story.key,
      },
      my360,
      [],
    );
    for (const { launchUrl } of [page, unused]) {
      for (const secret of [session.remoteAuthenticationToken, user.email]) {
        expect(decodeURIComponent(launchUrl)).not.toContain(secret);
      }
    }
  });

  test('after requests that fail', async () => {
    const my360 = await newMy360({ url: mail.platform.url });
    const user = { email: email('user'), password: canary('password'), accountNumber: newAccount() };
    await my360.customer({
      accountNumber: user.accountNumber,
      name: 'x',
      registered: { email: user.email, password: user.password },
    });
    const another = { email: email('another'), password: canary('another'), accountNumber: newAccount() };
    await my360.customer({
      accountNumber: another.accountNumber,
      name: 'x',
      registered: { email: another.email, password: another.password },
    });
    const session = await my360.session(user);
    const wrong = canary('wrong');
    const change = { ...user, newEmail: another.email, newPassword: canary('new') };
    const problems = [
      await my360.signIn({ ...user, password: wrong }),
      await my360.register({ ...user, accountNumber: another.accountNumber }),
      await my360.register({ email: canary('none'), password: user.password, accountNumber: '1' }),
      await my360.ask('POST', '/sessions', { ...user, password: { value: user.password } }),
      await api({
        url: mail.platform.url,
        path: `${my360.path}/sessions`,
        key: my360.story.key,
        body: `{"password":"${user.password}",`,
        headers: { 'content-type': 'application/json' },
      }),
      await my360.ask('POST', '/credential-changes', change),
      await my360.ask('POST', '/credential-changes', { ...change, newEmail: canary('none') }),
      await my360.ask('POST', `/sessions/${session.id}/accounts`, { accountNumbers: [another.accountNumber] }),
      await my360.openPage(session.id, { page: wrong, ReturnUrl: `https://elsewhere.example/${user.password}` }),
      await my360.openPage(session.id, { page: 'autopay', ReturnUrl: `https://elsewhere.example/${user.password}` }),
      await my360.openPage(session.remoteAuthenticationToken, { page: 'autopay' }),
      await my360.ask('GET', `/nowhere/${session.remoteAuthenticationToken}?password=${user.password}`),
    ];
    for (const kind of ['reset', 'half-body', 'html', 'bad-json', 'no-url', 'answer-lost']) {
      await my360.story.fault({ kind, operation: 'remote-authentication' });
      problems.push(await my360.signIn(user));
    }
    for (const { status } of problems) expect(status).toBeGreaterThanOrEqual(400);
    await expectNowhere(
      {
        'the e-mail': user.email,
        'the other user’s e-mail': another.email,
        'the password': user.password,
        'the wrong password': wrong,
        'the new password': change.newPassword,
        'the token': session.remoteAuthenticationToken,
      },
      my360,
      problems,
    );
  });
});
