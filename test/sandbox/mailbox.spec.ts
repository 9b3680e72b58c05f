import { once } from 'node:events';
import { connect } from 'node:net';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.js';
import { json } from './support.js';

interface Mail {
  readonly id: string;
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly text: string;
}

describe('the mailbox', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ port: 0, smtpPort: 0 });
  });
  afterEach(() => sandbox.close());

  /** Says each line once the one before is answered; answers what was answered, the last line of each. */
  const converse = async (...lines: string[]): Promise<string[]> => {
    const socket = connect(Number(new URL(sandbox.smtpUrl ?? '').port), '127.0.0.1').setEncoding('utf8');
    const answers: string[] = [];
    let pending = '';
    socket.on('data', (text: string) => {
      pending += text;
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        if (/^\d{3}-/.test(line)) continue;
        answers.push(line.slice(0, 3));
        const next = lines.shift();
        if (next === undefined) socket.end();
        else socket.write(`${next}\r\n`);
      }
    });
    await once(socket, 'close');
    return answers;
  };
  const deliver = (mail: readonly string[], to = 'rosa@example.com') =>
    converse(
      'EHLO test',
      'MAIL FROM:<a@example.com> SIZE=10',
      `RCPT TO:<${to}>`,
      'DATA',
      [...mail, '.'].join('\r\n'),
      'QUIT',
    );
  const mails = (query = '') => json<Mail[]>(fetch(`${sandbox.url}/_sandbox/mailbox${query}`));

  it('takes a mail, undoes the doubled dots, and shows it newest first', async () => {
    expect(await deliver(['Subject: First', '', 'Hello', '..dotted', '', 'bye'])).toEqual(
      ['220', '250', '250', '250', '354', '250', '221'], // prettier-ignore
    );
    await deliver(['Subject: Second', '', 'again'], 'UMAR@example.com');
    expect(await mails()).toMatchObject([{ subject: 'Second' }, { subject: 'First' }]);
    expect(await mails('?to=umar@example.com')).toMatchObject([{ subject: 'Second' }]);
    expect(await mails('?to=ROSA@example.com')).toEqual([
      {
        id: expect.any(String),
        from: 'a@example.com',
        to: ['rosa@example.com'],
        subject: 'First',
        text: 'Hello\n.dotted\n\nbye',
        receivedAt: expect.any(String),
      },
    ]);
    expect((await fetch(`${sandbox.url}/_sandbox/mailbox`, { method: 'DELETE' })).status).toBe(204);
    expect(await mails()).toEqual([]);
  });

  it.each([
    ['quoted-printable', ['Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_?=', ' =?UTF-8?B?4oKs?= now', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable', '', 'Caf=C3=A9 =', 'link: a=3Db'], 'Grüße € now', 'Café link: a=b'], // prettier-ignore
    ['base64', ['Subject: x', 'Content-Transfer-Encoding: base64', '', 'Y2Fm', 'w6k='], 'x', 'café'],
    ['latin1', ['Subject: =?iso-8859-1?Q?caf=E9?=', 'Content-Type: text/plain; charset="ISO-8859-1"', 'Content-Transfer-Encoding: quoted-printable', '', 'caf=E9'], 'café', 'café'], // prettier-ignore
    ['raw UTF-8', ['Subject: café', '', 'café'], 'café', 'café'],
    ['alternatives', ['Subject: x', 'Content-Type: multipart/alternative; boundary="(b)"', '', 'preamble', '--(b)', 'Content-Type: text/html', '', '<b>html</b>', '--(b)', '', 'plain', '--(b)--', 'after'], 'x', 'plain'], // prettier-ignore
    ['HTML alone', ['Subject: x', 'Content-Type: text/html', '', '<style>a{}</style><p>Hi &amp; <b>bye</b></p><a href="https://a.example/x?y">Go</a>'], 'x', 'Hi & bye\nGo (https://a.example/x?y)'], // prettier-ignore
    ['an unknown charset', ['Content-Type: text/plain; charset=none', '', 'x'], '', 'x'],
    ['no headers', ['', 'x'], '', 'x'],
    ['no body', ['Subject: x'], 'x', ''],
  ])('reads %s', async (_name, lines, subject, text) => {
    await deliver(lines);
    expect((await mails())[0]).toMatchObject({ subject, text });
  });

  it('shows a page on which only http links can be clicked, and markup is text', async () => {
    await deliver(['Subject: <b>&', '', '<script>x</script> (https://a.example/x?a=1&b=2). javascript:alert(1)']);
    const page = await fetch(`${sandbox.url}/mailbox`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const markup = await page.text();
    expect(markup).toContain('&lt;b&gt;&amp;');
    expect(markup).toContain('&lt;script&gt;');
    expect(markup).toContain('<a href="https://a.example/x?a=1&amp;b=2" target="_blank" rel="noreferrer">');
    expect(markup).not.toContain('href="javascript');
  });

  it('keeps to the order of commands', async () => {
    expect(
      await converse('MAIL FROM:<a@b>', 'HELO x', 'RCPT TO:<a@b>', 'DATA', 'MAIL FROM:<>', 'DATA', 'RCPT TO:a', 'NOOP', 'RSET', 'RCPT TO:<a@b>', 'STARTTLS', 'MAIL FROM:<a@b> SIZE=999999', 'quit'), // prettier-ignore
    ).toEqual(['220', '503', '250', '503', '503', '250', '503', '501', '250', '250', '503', '502', '552', '221']);
    expect(await mails()).toEqual([]);
  });

  it('takes commands and mail in one piece', async () => {
    const all = ['EHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'Subject: x', '', '.', 'QUIT'];
    const socket = connect(Number(new URL(sandbox.smtpUrl ?? '').port), '127.0.0.1').resume();
    socket.write(`${all.join('\r\n')}\r\n`);
    await once(socket, 'close');
    expect(await mails()).toHaveLength(1);
  });

  it('takes no mail above 256 KiB, reads it to its end, and goes on', async () => {
    const lines = Array.from({ length: 400 }, () => 'x'.repeat(998));
    expect((await deliver(lines))[5]).toBe('552');
    expect(await mails()).toEqual([]);
    expect(await converse('EHLO x'.padEnd(5000))).toEqual(['220', '500']);
    expect((await deliver(['', 'small']))[5]).toBe('250');
  });

  it('keeps the newest 200', async () => {
    const one = ['MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA'];
    const many = Array.from({ length: 203 }, (_x, index) => [...one, `Subject: ${index}\r\n\r\n.`]).flat();
    await converse('EHLO x', ...many, 'QUIT');
    const kept = await mails();
    expect(kept).toHaveLength(200);
    expect([kept[0].subject, kept[199].subject]).toEqual(['202', '3']);
  });

  it('is there only when asked for, and closes with the sandbox', async () => {
    const without = await startSandbox({ port: 0 });
    expect(without.smtpUrl).toBeNull();
    await without.close();
    const port = Number(new URL(sandbox.smtpUrl ?? '').port);
    await expect(startSandbox({ port: 0, smtpPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    const idle = connect(port, '127.0.0.1').resume();
    idle.on('error', () => undefined);
    await once(idle, 'data');
    await sandbox.close();
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
