import { SecretBox } from '../../../src/common/secret-box.js';
import { api, type Json } from '../../support/api.js';
import { closeDb, db } from '../../support/db.js';
import { eventually } from '../../support/eventually.js';
import {
  type MailStage,
  type My360,
  newEmail,
  newMy360,
  startMailStage,
  type User,
  visit,
  wanted,
} from '../../support/my360.js';
import { stopPlatforms } from '../../support/platform.js';
import { stage } from '../../support/stage-facts.js';

let mail: MailStage;
beforeAll(async () => {
  // The janitor's minute, and nothing else, passes in a twentieth of a second.
  const clock =
    'const real=globalThis.setInterval;globalThis.setInterval=(run,ms,...rest)=>real(run,ms===60000?50:ms,...rest)';
  mail = await startMailStage({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}` });
}, 60_000);
afterAll(async () => {
  await stopPlatforms();
  await mail.close();
  await closeDb();
});

const NEW_PASSWORD = 'canary new password';
const [keyId = '', key = ''] = stage.settings['ENCRYPTION_KEYS']?.split(':') ?? [];
const box = new SecretBox([{ id: keyId, bytes: Buffer.from(key, 'base64') }]);

/** A change that waits, since My360 holds another password than Invoice Cloud. */
class Waiting {
  constructor(
    readonly my360: My360,
    readonly user: User,
    readonly view: Json,
    readonly link: string,
  ) {}

  get row(): Promise<Json> {
    return db()
      .rows('select * from credential_changes where id = $1', [this.view.id])
      .then(([row]) => row);
  }

  async read(): Promise<Json> {
    return (await this.my360.ask('GET', `/credential-changes/${this.view.id}`)).body;
  }

  decide(decision: string) {
    return fetch(this.link, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams({ decision }),
    });
  }

  set(assignments: string) {
    return db().rows(`update credential_changes set ${assignments} where id = $1`, [this.view.id]);
  }

  async expectOver(status: string, failureCode: string | null = null): Promise<void> {
    expect(await this.read()).toMatchObject({ status, failureCode });
    expect((await this.row).new_password_sealed).toBeNull();
    for (const again of [await visit(this.link), await this.decide('approve'), await this.decide('refuse')]) {
      expect(again.status).toBe(410);
    }
  }
}

async function waiting(changes: object = { newEmail: newEmail(), newPassword: NEW_PASSWORD }): Promise<Waiting> {
  const my360 = await newMy360({ url: mail.platform.url });
  const user = await my360.user();
  const { accountNumber } = user;
  const asked = { email: newEmail(), password: 'what My360 holds', accountNumber, ...changes };
  const { body } = wanted(200, await my360.ask('POST', '/credential-changes', asked));
  return new Waiting(my360, user, body, (await mail.mailTo(user.email)).link);
}

describe('a change of credentials that are not Invoice Cloud’s', () => {
  test('waits: a mail goes to the address that Invoice Cloud has, and nothing is changed', async () => {
    const my360 = await newMy360({ url: mail.platform.url });
    const user = await my360.user();
    const held = { email: newEmail(), password: 'what My360 holds', accountNumber: user.accountNumber };
    const changes = { newEmail: newEmail(), newPassword: NEW_PASSWORD };
    const before = Date.now();
    const { status, body } = await my360.unchanged(() =>
      my360.ask('POST', '/credential-changes', { ...held, ...changes }),
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.any(String),
      status: 'waiting',
      changes: ['email', 'password'],
      sentTo: 'p…@example.com',
      expiresAt: expect.any(String),
      failureCode: null,
    });
    const hours = (Date.parse(body.expiresAt) - before) / 3_600_000;
    expect(hours).toBeGreaterThan(23.5);
    expect(hours).toBeLessThanOrEqual(24.01);
    expect(await mail.mailsTo(held.email)).toEqual([]);
    expect(await mail.mailsTo(changes.newEmail)).toEqual([]);
    expect(await mail.mailsTo(user.email)).toHaveLength(1);
  });

  test('also waits where the address is the same and the password is not', async () => {
    const my360 = await newMy360({ url: mail.platform.url });
    const user = await my360.user();
    const asked = { ...user, password: 'another', newPassword: NEW_PASSWORD };
    const { body } = await my360.unchanged(() => my360.ask('POST', '/credential-changes', asked));
    expect(body).toMatchObject({ status: 'waiting', changes: ['password'] });
  });

  test('is told in the mail: who asked for what, where to decide, and no password', async () => {
    const wantedEmail = newEmail();
    const { my360, user, link } = await waiting({ newEmail: wantedEmail, newPassword: NEW_PASSWORD });
    const { subject, text, from } = await mail.mailTo(user.email);
    const [partner] = await db().rows('select name from partners where id = $1', [my360.story.partner.id]);
    expect(subject).toContain('Police');
    expect(text).toContain(`${partner?.['name']} was asked to change`);
    expect(text).toContain(`your e-mail address becomes ${wantedEmail}`);
    expect(text).toContain('your password becomes the new one');
    expect(text).toContain('24 hours');
    expect(text).not.toContain(NEW_PASSWORD);
    expect(text).not.toContain(user.password);
    expect(from).toBe('billbridge@localhost');
    expect(link).toMatch(new RegExp(`^${mail.platform.url}/approvals/[\\w-]{43}$`));
  });

  test('keeps the new password sealed while it waits, bound to this change', async () => {
    const { view, row, link } = await waiting();
    const kept = await row;
    expect(box.open(kept.new_password_sealed, view.id, 'new-password')).toBe(NEW_PASSWORD);
    expect(() => box.open(kept.new_password_sealed, crypto.randomUUID() as string, 'new-password')).toThrow();
    expect(JSON.stringify(kept)).not.toContain(NEW_PASSWORD);
    expect(JSON.stringify(kept)).not.toContain(link.split('/').at(-1));
  });

  test('is not changed by opening the link, however often and by whatever method', async () => {
    const change = await waiting();
    await change.my360.unchanged(async () => {
      for (const method of ['GET', 'GET', 'HEAD', 'OPTIONS']) {
        const answer = await fetch(change.link, { method });
        expect(answer.status).toBe(method === 'GET' ? 200 : 404);
      }
      expect((await change.read()).status).toBe('waiting');
    });
    expect((await change.decide('approve')).status).toBe(200);
  });

  test('is asked for on a page with two buttons that nobody may frame', async () => {
    const wantedEmail = newEmail();
    const { link } = await waiting({ newEmail: wantedEmail });
    const { headers, text } = await api({ url: '', path: link, headers: { accept: 'text/html' } });
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    const policy = headers.get('content-security-policy');
    for (const directive of [`default-src 'none'`, `frame-ancestors 'none'`, `form-action 'self'`]) {
      expect(policy?.split('; ')).toContain(directive);
    }
    expect(policy).not.toContain('script-src');
    expect(text).not.toContain('<script');
    expect(text).toContain(`your e-mail address becomes ${wantedEmail}`);
    expect(text).not.toContain('your password becomes');
    expect(text).toMatch(/<form method="post">[^]*value="approve"[^]*value="refuse"[^]*<\/form>/);
  });

  test('is made when the user approves, and the link is used up', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    const page = await change.decide('approve');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('The change is made');
    expect((await change.my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
    expect(await change.my360.cloudUser(change.user.email)).toBeUndefined();
    await change.expectOver('applied');
    expect((await change.my360.cloudUser(email)).passwordChanges).toBe(1);
  });

  test('is wiped when the user refuses, and nothing was changed', async () => {
    const change = await waiting();
    await change.my360.unchanged(async () => {
      const page = await change.decide('refuse');
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('Nothing was changed');
      await change.expectOver('refused');
    });
    expect((await change.my360.signIn(change.user)).status).toBe(201);
  });

  test('runs out after 24 hours, and is wiped', async () => {
    const change = await waiting();
    await change.my360.unchanged(async () => {
      await change.set(`expires_at = now() - interval '1 second'`);
      expect((await change.decide('approve')).status).toBe(410);
      await eventually('it is wiped', async () => (await change.row).new_password_sealed === null);
      expect((await change.row).status).toBe('expired');
      await change.expectOver('expired');
    });
  });

  test('is applied once, of two clicks at once', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    const calls = await change.my360.calls(async () => {
      const clicks = await Promise.all(Array.from({ length: 6 }, () => change.decide('approve')));
      expect(clicks.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410, 410]);
    });
    expect(calls.map(({ operation }) => operation)).toEqual(['update-email-address', 'update-password']);
    expect((await change.my360.cloudUser(email)).passwordChanges).toBe(1);
  });

  test('is applied or refused, of both at once', async () => {
    const change = await waiting();
    const clicks = await Promise.all(['approve', 'refuse'].map((decision) => change.decide(decision)));
    expect(clicks.map(({ status }) => status).sort()).toEqual([200, 410]);
    const { status } = await change.read();
    const user = await change.my360.cloudUser(change.user.email);
    expect(status).toBe(user ? 'refused' : 'applied');
  });

  test('may be approved again while Invoice Cloud is down', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    await change.my360.unchanged(async () => {
      for (const fault of [
        { kind: 'status', status: 503 },
        { kind: 'reset' },
        { kind: 'html' },
        { kind: 'status', status: 401 },
      ]) {
        await change.my360.story.fault({ operation: 'update-email-address', ...fault });
        expect((await change.decide('approve')).status).toBe(502);
        expect((await change.read()).status).toBe('waiting');
        expect((await change.row).new_password_sealed).not.toBeNull();
      }
      expect((await visit(change.link)).status).toBe(200);
    });
    expect((await change.decide('approve')).status).toBe(200);
    expect((await change.my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
  });

  test('goes on from where it was stopped: what Invoice Cloud has taken is not asked for again', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    await change.my360.story.fault({ operation: 'update-password', kind: 'status', status: 500 });
    expect((await change.decide('approve')).status).toBe(502);
    const operations = await change.my360.operations(() => change.decide('approve'));
    expect(operations).toEqual(['update-password']);
    await change.expectOver('applied');
    expect((await change.my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
  });

  test.each(['update-email-address', 'update-password'])(
    'goes on where the answer of %s was lost',
    async (operation) => {
      const email = newEmail();
      const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
      await change.my360.story.fault({ operation, kind: 'answer-lost' });
      expect((await change.decide('approve')).status).toBe(502);
      expect((await change.decide('approve')).status).toBe(200);
      await change.expectOver('applied');
      expect((await change.my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(201);
    },
  );

  test('is given back when the process that applied it died', async () => {
    const change = await waiting();
    await change.set(`status = 'applying', claimed_until = now() + interval '1 minute'`);
    expect((await change.decide('approve')).status).toBe(410);
    await change.set(`claimed_until = now() - interval '1 second'`);
    expect((await change.decide('approve')).status).toBe(200);
    await change.expectOver('applied');
  });

  test('to an address that somebody has taken meanwhile fails, and is wiped', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    await change.my360.user({ registered: { email, password: 'x' } });
    await change.my360.unchanged(async () => {
      expect((await change.decide('approve')).status).toBe(409);
      await change.expectOver('failed', 'email_address_taken');
    });
  });

  test('of a user who was unregistered meanwhile fails, and is wiped', async () => {
    const change = await waiting();
    const session = await change.my360.session(change.user);
    await change.my360.ask('DELETE', `/sessions/${session.id}/accounts/${change.user.accountNumber}`);
    expect((await change.decide('approve')).status).toBe(409);
    await change.expectOver('failed', 'user_not_registered');
  });

  test('never touches another user who has the new address, also where the old one is gone', async () => {
    const email = newEmail();
    const change = await waiting({ newEmail: email, newPassword: NEW_PASSWORD });
    const session = await change.my360.session(change.user);
    await change.my360.ask('DELETE', `/sessions/${session.id}/accounts/${change.user.accountNumber}`);
    await change.my360.user({ registered: { email, password: 'the right one of somebody else' } });
    await change.my360.unchanged(() => change.decide('approve'));
    expect((await change.my360.signIn({ email, password: NEW_PASSWORD })).status).toBe(422);
    expect((await change.read()).status).toBe('failed');
  });

  test.each(['', 'maybe', 'constructor', 'question'])('is not decided by "%s"', async (decision) => {
    const change = await waiting();
    await change.my360.unchanged(async () => {
      expect((await change.decide(decision)).status).toBe(400);
      expect((await change.read()).status).toBe('waiting');
    });
  });

  test('is superseded by the next one for the same user, and wiped', async () => {
    const change = await waiting();
    const { accountNumber } = change.user;
    const asked = { email: newEmail(), password: 'what My360 holds', accountNumber, newPassword: 'a newer password' };
    const next = wanted(200, await change.my360.ask('POST', '/credential-changes', asked)).body;
    await change.expectOver('expired');
    expect((await visit((await mail.mailTo(change.user.email)).link)).status).toBe(200);
    expect((await change.my360.ask('GET', `/credential-changes/${next.id}`)).body.status).toBe('waiting');
  });

  test('is asked for by at most five mails an hour', async () => {
    const my360 = await newMy360({ url: mail.platform.url });
    const user = await my360.user();
    const ask = () =>
      my360.ask('POST', '/credential-changes', {
        email: newEmail(),
        password: 'what My360 holds',
        accountNumber: user.accountNumber,
        newPassword: NEW_PASSWORD,
      });
    for (let mails = 0; mails < 5; mails += 1) wanted(200, await ask());
    const sixth = await my360.unchanged(ask);
    expect(sixth).toMatchObject({ status: 429, body: { code: 'too_many_mails' } });
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await mail.mailsTo(user.email)).toHaveLength(5);
    await db().rows(
      `update credential_changes set created_at = created_at - interval '61 minutes' where biller_id = $1`,
      [my360.story.billerId],
    );
    expect((await ask()).status).toBe(200);
  });

  test('has no link but its own', async () => {
    for (const path of ['/approvals/guessed', `/approvals/${'x'.repeat(43)}`]) {
      expect(await api({ path })).toMatchObject({ status: 410, body: { code: 'ticket_not_usable' } });
    }
  });

  test('is read by its biller alone', async () => {
    const change = await waiting();
    expect(await change.read()).toEqual(change.view);
    const sibling = await newMy360({ partner: change.my360.story.partner, url: mail.platform.url });
    for (const id of [change.view.id, '1']) {
      const answer = await sibling.ask('GET', `/credential-changes/${id}`);
      expect(answer).toMatchObject({ status: 404, body: { code: 'credential_change_not_found' } });
    }
  });

  test('of an account that is unknown, or that nobody is registered with, sends no mail', async () => {
    const my360 = await newMy360({ url: mail.platform.url });
    const email = newEmail();
    const unregistered = await my360.unregistered({ email });
    const asked = { email: newEmail(), password: 'x', newPassword: NEW_PASSWORD };
    await my360.unchanged(async () => {
      const unknown = await my360.ask('POST', '/credential-changes', { ...asked, accountNumber: '1' });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
      const nobodys = await my360.ask('POST', '/credential-changes', { ...asked, accountNumber: unregistered });
      expect(nobodys).toMatchObject({ status: 409, body: { code: 'user_not_registered' } });
    });
    expect(await mail.mailsTo(email)).toEqual([]);
    expect(await db().count('from credential_changes where biller_id = $1', [my360.story.billerId])).toBe(0);
  });
});

test('the janitor forgets the tokens of sessions that have run out, and tickets that nobody can use', async () => {
  const my360 = await newMy360({ url: mail.platform.url });
  const session = await my360.session(await my360.user());
  await my360.openPage(session.id, { page: 'autopay' });
  await db().rows(`update sso_sessions set expires_at = now() - interval '1 second' where id = $1`, [session.id]);
  await db().rows(`update launch_tickets set expires_at = now() - interval '1 second' where session_id = $1`, [
    session.id,
  ]);
  await eventually('both are gone', async () => {
    const [row] = await db().rows('select token_sealed from sso_sessions where id = $1', [session.id]);
    const tickets = await db().count('from launch_tickets where session_id = $1', [session.id]);
    return row?.['token_sealed'] === null && tickets === 0;
  });
});
