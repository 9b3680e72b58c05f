import { api } from '../support/api.js';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { newMy360, wanted } from '../support/my360.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const PORTAL_ORIGIN = 'https://portal.example';
const RETURN_URL = 'https://portal.example/bills';

let url: string;
let proxy: TcpProxy;
let path: string;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  proxy = await TcpProxy.to(databaseUrl);
  ({ url } = await startPlatform({ DATABASE_URL: proxy.url }));
  const portal = { portalOrigins: [PORTAL_ORIGIN], returnOrigins: [PORTAL_ORIGIN] };
  const my360 = await newMy360({ url, databaseUrl, portal });
  wanted(201, await my360.story.ask(sampleRequest({ PortalOrigin: PORTAL_ORIGIN, ReturnURL: RETURN_URL })));
  path = new URL((await my360.story.lastAsked()).body.ReturnURL as string).pathname;
}, 60_000);

afterAll(async () => {
  await stopPlatforms();
  await proxy.close();
  await closeDb();
});

const show = (accept = 'text/html') => api({ method: 'GET', path, url, headers: { accept } });
const there = () => eventually('the page is back', async () => (await show()).status === 200);

describe('the return page while the database is away', () => {
  afterEach(async () => {
    proxy.open();
    await there();
  });

  test('says that it can’t be told, that nobody should pay again, and looks again by itself', async () => {
    expect((await show()).headers.get('refresh')).toBeNull();
    proxy.cut();
    const { status, headers, text } = await show();
    expect(status).toBe(503);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('refresh')).toBe('5');
    expect(headers.get('retry-after')).toBe('5');
    expect(headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(text).toContain('If you have paid, please do not pay again.');
    expect(text).not.toContain('<script');
    expect(text).not.toContain('received and is being recorded');
  });

  test('answers whoever asks for JSON with a problem', async () => {
    proxy.cut();
    const { status, body, headers } = await show('application/json');
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'database_unavailable' });
    expect(headers.get('refresh')).toBeNull();
  });

  // Last: what fell silent stays so, in the pool too.
  test('comes in time when the database hangs', async () => {
    proxy.silence();
    const began = performance.now();
    const { status, text } = await show();
    expect({ status, told: text.includes('please do not pay again') }).toEqual({ status: 503, told: true });
    expect(performance.now() - began).toBeLessThan(8_000);
  }, 60_000);
});
