import type { FastifyInstance } from 'fastify';
import { html } from '../shared/html.js';
import { TABS, type My360 } from './my360.js';

/** The platform's answer to the opening of a page. */
interface OpenedPage {
  readonly launchUrl: string;
  readonly handOff: { readonly action: string };
}

/** Stories 4 to 8: Invoice Cloud's own pages in a frame, for a user who is signed in there. */
export function framePages(app: FastifyInstance, my360: My360): void {
  const { platform, options } = my360;

  app.get<{ Params: { page: string } }>('/pages/:page', async (request, reply) => {
    const path = `/pages/${request.params.page}`;
    const title = TABS.find(([to]) => to === path)?.[1];
    if (title === undefined) return reply.callNotFound();
    const visit = my360.visitor(request, reply);
    if (!visit) return reply;
    // A launch URL works once, for a minute: every view of this page asks for a new one.
    const opened = await my360.withCloud(visit, (id) =>
      platform.ask<OpenedPage>('POST', `/sso/sessions/${id}/pages`, {
        page: request.params.page,
        // Where "Sign out" within the frame leads, by way of the platform's return page.
        ReturnUrl: `${options.portalUrl}/accounts`,
        PortalOrigin: options.portalUrl,
        CustomReturnSiteName: 'My360',
      }),
    );
    if (!opened) {
      const main = html`<div class="alert bad" role="alert"><p>${visit.cloudProblem}</p></div>
        <p>
          If Invoice Cloud has another e-mail address or password of yours, <a href="/settings">Settings</a> puts them in step.
        </p>`;
      return my360.page(reply, visit, path, title, main);
    }
    const main = html`<iframe
      src="${opened.launchUrl}"
      title="${title} at Invoice Cloud"
      data-platform="${platform.origin}"
      data-back="/accounts"
    ></iframe>`;
    // The frame begins at the platform and goes on to Invoice Cloud; nothing else may stand in it.
    return my360.page(reply, visit, path, title, main, [platform.origin, new URL(opened.handOff.action).origin]);
  });
}
