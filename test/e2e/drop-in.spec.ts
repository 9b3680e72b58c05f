import { connect } from 'node:net';
import { api } from '../support/api.js';
import { closeDb } from '../support/db.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newKey, newStory } from '../support/story.js';

afterAll(closeDb);

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the drop-in route', () => {
  test('answers as Invoice Cloud does, with 200', async () => {
    const story = await newStory();
    const { status, headers, body } = await story.askDropIn();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toEqual({ Data: { CloudPaymentURL: expect.stringMatching(/^https?:\/\//) } });
    expect((await fetch(body.Data.CloudPaymentURL)).status).toBe(200);
  });

  test.each<[string, (key: string) => string]>([
    ['the key alone', (key) => basic(key)],
    ['the key with a colon and no password', (key) => basic(`${key}:`)],
    ['a scheme in another case', (key) => basic(key).replace('Basic', 'basic')],
    // Clients that wrap base64 at 76 columns turn the line break into a blank, or leave none, since our keys are short.
    ['base64 wrapped at 76', (key) => `Basic ${Buffer.from(`${key}:`).toString('base64').replace(/.{76}/g, '$& ')}`],
    ['base64 broken by a blank', (key) => basic(key).replace(/(.{40})/, '$1 ')],
    ['a blank at its end', (key) => `${basic(key)}  `],
    ['a bearer key', (key) => `Bearer ${key}`],
  ])('takes %s', async (_, authorization) => {
    const story = await newStory();
    const answer = await story.askDropIn(sampleRequest(), { authorization: authorization(story.key) });
    expect(answer.status).toBe(200);
  });

  test('gives out no key that base64 wrapped at 76 columns would break', async () => {
    const { key } = await newStory();
    expect(Buffer.from(`${key}:`).toString('base64').length).toBeLessThanOrEqual(76);
  });

  test.each<[string, string | undefined]>([
    ['no key', undefined],
    ['an unknown key', basic('bb_test_0123456789012345678901234567890123456789'.slice(0, 46))],
    ['another scheme', 'Digest username="x"'],
    ['no base64', 'Basic %%%'],
    ['an empty key', 'Basic '],
  ])('answers 401 in its own envelope: %s', async (_, authorization) => {
    const answer = await api({
      path: '/cloudpaymentsapi/v2',
      body: sampleRequest(),
      headers: { ...(authorization !== undefined && { authorization }) },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.body).toEqual({
      Data: null,
      Message: expect.stringMatching(/key/i),
      Code: 'unauthenticated',
      RequestId: expect.any(String),
    });
  });

  test('tells a key that is not bound to one biller so', async () => {
    const story = await newStory();
    const unbound = await newKey(story.partner);
    const answer = await story.askDropIn(sampleRequest(), { authorization: basic(unbound) });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ Data: null, Code: 'key_not_bound', Message: expect.stringContaining('bound') });
    expect(await story.requests()).toEqual([]);
  });

  test.each<[string, number, string, unknown, Record<string, string>]>([
    ['broken JSON', 400, 'malformed_request', '{"ViewMode": 1,', { 'content-type': 'application/json' }],
    ['an empty body', 400, 'malformed_request', '', { 'content-type': 'application/json' }],
    ['a list', 400, 'invalid_request', '[]', { 'content-type': 'application/json' }],
    ['__proto__', 400, 'malformed_request', '{"__proto__":{"a":1}}', { 'content-type': 'application/json' }],
    ['another content type', 415, 'unsupported_media_type', 'ViewMode=1', { 'content-type': 'text/plain' }],
    ['100 KB', 413, 'body_too_large', 'x'.repeat(100_000), { 'content-type': 'application/json' }],
    [
      'a card number in an unknown field',
      400,
      'invalid_request',
      cardIn('CardNumber'),
      { 'content-type': 'application/json' },
    ],
    ['a card number further in', 400, 'invalid_request', cardIn('Extra'), { 'content-type': 'application/json' }],
    ['a missing field', 400, 'invalid_request', '{}', { 'content-type': 'application/json' }],
    ['a deep unknown field', 400, 'invalid_request', deep(30), { 'content-type': 'application/json' }],
  ])('answers %s with %i in its own envelope', async (_, status, code, body, headers) => {
    const story = await newStory();
    const answer = await story.askDropIn(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ Data: null, Code: code, RequestId: expect.any(String) });
    expect(answer.body.Message.length).toBeGreaterThan(10);
    expect(await story.requests()).toEqual([]);
    expect(await story.paymentsStored()).toBe(0);
  });

  test('answers a failing Invoice Cloud in its own envelope', async () => {
    const story = await newStory();
    await story.fault({ kind: 'status', status: 500 });
    const answer = await story.askDropIn();
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ Data: null, Code: 'invoice_cloud_unavailable' });
  });

  test('answers, or refuses cleanly, a header whose base64 is folded over two lines', async () => {
    const story = await newStory();
    const { hostname, port } = new URL(stage.apiUrl);
    const folded = basic(story.key).replace(/(.{40})/, '$1\r\n ');
    const body = JSON.stringify(sampleRequest());
    const answer = await new Promise<string>((done, fail) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /cloudpaymentsapi/v2 HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${folded}\r\n` +
            `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        );
      });
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.once('close', () => done(text));
      socket.once('error', fail);
    });
    // RFC 9112, 5.2: a server must refuse such a line or read it as one blank.
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
  });
});

function deep(levels: number): string {
  return JSON.stringify(sampleRequest()).replace(/}$/, `,"Unknown":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`);
}

/** Documentation's own Visa number, which no bank has issued. */
function cardIn(field: string): string {
  const value = field === 'Extra' ? { a: ['4111 1111 1111 1111'] } : '4111111111111111';
  return JSON.stringify(sampleRequest({ [field]: value }));
}
