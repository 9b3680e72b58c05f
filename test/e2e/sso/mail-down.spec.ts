import { closeDb, db } from '../../support/db.js';
import { newEmail, newMy360 } from '../../support/my360.js';
import { freePort, startPlatform, stopPlatforms } from '../../support/platform.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

const NEW_PASSWORD = 'canary new password';

describe('a change that needs approval by mail', () => {
  test.each([
    ['the mail server is down', async () => `smtp://127.0.0.1:${await freePort()}`, true],
    ['no mail server is set', () => Promise.resolve(undefined), false],
  ])('is 503 while %s: nothing waits, no password is kept, nothing is changed', async (_, smtpUrl, mayRepeat) => {
    const platform = await startPlatform({ SMTP_URL: await smtpUrl() });
    const my360 = await newMy360({ url: platform.url });
    const user = await my360.user();
    const asked = { ...user, email: newEmail(), newEmail: newEmail(), newPassword: NEW_PASSWORD };
    const answer = await my360.unchanged(() => my360.ask('POST', '/credential-changes', asked));
    expect(answer).toMatchObject({ status: 503, body: { code: 'mail_not_sent' } });
    expect(answer.headers.has('retry-after')).toBe(mayRepeat);
    const rows = await db().rows('select * from credential_changes where biller_id = $1', [my360.story.billerId]);
    for (const row of rows) expect(row).toMatchObject({ status: 'failed', new_password_sealed: null });
    expect(platform.said()).not.toContain(user.email);
    expect(platform.said()).not.toContain(NEW_PASSWORD);
    // What needs no mail works.
    expect((await my360.ask('POST', '/credential-changes', { ...user, newPassword: NEW_PASSWORD })).status).toBe(200);
    await platform.stop();
  });
});
