import { createPortalServer } from '../shared/portal-server.js';
import { startPage } from '../shared/start-page.js';
import { accounts } from './accounts.js';
import { framePages } from './frame-pages.js';
import { guest } from './guest.js';
import { LOOK, My360, type My360Options } from './my360.js';
import { settings } from './settings.js';
import { signIn } from './sign-in.js';
import { THEME } from './theme.js';

/** My360's side of single sign-on, story by story. Start reading at `my360.ts`. */
export async function startMy360(options: My360Options): Promise<{ close(): Promise<void> }> {
  const my360 = new My360(options);
  const app = createPortalServer(LOOK, () => options.portalUrl);
  app.get('/invoice-cloud.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(THEME));
  signIn(app, my360);
  guest(app, my360);
  framePages(app, my360);
  settings(app, my360);
  accounts(app, my360);
  startPage(app, options.demo);
  await app.listen({ port: options.port, host: options.host });
  return { close: () => app.close() };
}
