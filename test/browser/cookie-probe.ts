import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';

/**
 * Whether a page in a frame of another site keeps a cookie. Sites as in the demo: localhost with the portal, 127.0.0.1 with
 * Invoice Cloud. Without this, a run "with cookies blocked" might block nothing.
 */
export async function thirdPartyCookieKept(context: BrowserContext): Promise<boolean> {
  const framed = await listen((path, cookies): Answer =>
    path === '/set'
      ? { headers: { 'set-cookie': 'probe=kept; SameSite=None; Secure; Path=/' }, body: '<a href="/read">read</a>' }
      : { body: `<p>${cookies.includes('probe=kept') ? 'kept' : 'gone'}</p>` },
  );
  const portal = await listen(() => ({
    body: `<iframe src="http://127.0.0.1:${portOf(framed)}/set"></iframe>`,
  }));
  const page = await context.newPage();
  try {
    await page.goto(`http://localhost:${portOf(portal)}/`);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('link', { name: 'read' }).click();
    return (await frame.locator('p').textContent()) === 'kept';
  } finally {
    await page.close();
    framed.close();
    portal.close();
  }
}

interface Answer {
  readonly headers?: Record<string, string>;
  readonly body: string;
}

async function listen(answer: (path: string, cookies: string) => Answer): Promise<Server> {
  const server = createServer((request, response) => {
    const { headers, body } = answer(request.url ?? '', request.headers.cookie ?? '');
    response.writeHead(200, { 'content-type': 'text/html', connection: 'close', ...headers }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done).unref());
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
