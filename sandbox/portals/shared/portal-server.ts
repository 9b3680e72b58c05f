import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Html, html } from './html.js';
import { Refused } from './platform.js';
import { STYLE } from './style.js';

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Beside the portal's name, such as who is signed in. */
  readonly who?: Html;
  readonly tabs?: Html;
  /** Whose pages may stand in an iframe of this page. */
  readonly frames?: readonly string[];
  /** Goes on there by itself. */
  readonly onwards?: string;
}

export interface Look {
  /** Also the style sheet's name of it. */
  readonly id: 'start' | 'leadsonline' | 'my360';
  readonly name: string;
  /** Where the name leads; the portal's first page unless said. */
  readonly home?: string;
  readonly script: string;
}

/** A server of pages and forms, as strict as one that shows a payment page in an iframe has to be. */
export function createPortalServer(look: Look, origin: () => string): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 16_384 });
  // As text, for what the relay sends is verified to the byte; our own forms are read by `formOf`.
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', (request, reply, done) => {
    // A form on somebody else's page must not act for whoever is signed in here. The relay sends no Origin.
    const from = request.headers.origin;
    if (request.method === 'POST' && from !== undefined && from !== origin())
      void reply.code(403).send('Not from here.');
    else done();
  });
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
  app.get('/portal.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(look.script));
  app.setNotFoundHandler((_request, reply) =>
    show(reply.code(404), look, { title: 'Not found', main: html`<p>There is no such page here.</p>` }),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refused) {
      return show(reply.code(502), look, { title: error.title, main: refusal(error) });
    }
    // What broke is for the log of a real portal, not for its visitors.
    return show(reply.code(500), look, { title: 'Something went wrong', main: html`<p>Please try again.</p>` });
  });
  return app;
}

export function show(reply: FastifyReply, look: Look, page: Page): FastifyReply {
  const policy = [
    `default-src 'none'`,
    `style-src 'self'`,
    `script-src 'self'`,
    `connect-src 'self'`,
    `img-src data:`,
    `form-action 'self'`,
    `frame-src ${page.frames?.join(' ') || `'none'`}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; ');
  return reply
    .headers({
      'content-security-policy': policy,
      // To nobody else; with `no-referrer`, browsers would send our own forms with `Origin: null` too.
      'referrer-policy': 'same-origin',
      // Pages hold launch URLs and addresses of hosted pages.
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(layout(look, page));
}

/** A part of a page, for `data-live`. */
export function showPart(reply: FastifyReply, part: Html): FastifyReply {
  return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(part.markup);
}

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(typeof request.body === 'string' ? request.body : '');
}

export function field(form: URLSearchParams, name: string): string {
  return form.get(name)?.trim() ?? '';
}

export function refusal({ title, detail, code }: Refused): Html {
  return html`<div class="alert bad" role="alert"><p>${title}.</p></div>
    <p class="note">What Billbridge says, for whoever runs this portal: ${detail} (<code>${code}</code>)</p>`;
}

function layout(look: Look, page: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${page.onwards !== undefined && html`<meta http-equiv="refresh" content="0; url=${page.onwards}" />`}
        <title>${page.title} · ${look.name}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
        <script type="module" src="/portal.js"></script>
      </head>
      <body class="${look.id}">
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top"><a class="brand" href="${look.home ?? '/'}">${look.name}</a> ${page.who}</header>
        ${page.tabs}
        <main id="main">
          <h1>${page.title}</h1>
          ${page.main}
        </main>
        <footer>
          A demo portal: invented people, pretend money.
          <a href="/start">What is this?</a>
        </footer>
      </body>
    </html> `.markup;
}
