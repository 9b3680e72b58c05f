import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { Html, html } from './html.js';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Runs once, when the page has loaded. Ours, never a caller's. */
  readonly script?: string;
  /** Exact origins that may frame the page; none when empty. */
  readonly frameAncestors?: readonly string[];
  /** Where its forms may post to. */
  readonly formAction: string;
  /** The browser asks for it again by itself, after so many seconds. */
  readonly refreshSeconds?: number;
}

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;
padding:0 1rem}button{font:inherit;padding:.5rem 1.25rem;margin:.25rem .5rem .25rem 0;border-radius:.4rem;
border:1px solid #1d4ed8;background:#1d4ed8;color:#fff;cursor:pointer}button.quiet{background:transparent;color:inherit;
border-color:currentColor}button:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}h1{font-size:1.35rem}`;

/** Sends one of our few pages: nothing is loaded, cached, framed or told to others unless the page says so. */
export function sendPage(reply: FastifyReply, status: number, page: Page): void {
  const nonce = randomBytes(16).toString('base64');
  const ancestors = page.frameAncestors?.length ? page.frameAncestors.join(' ') : `'none'`;
  const policy = [
    `default-src 'none'`,
    `style-src 'nonce-${nonce}'`,
    ...(page.script ? [`script-src 'nonce-${nonce}'`] : []),
    `form-action ${page.formAction}`,
    `frame-ancestors ${ancestors}`,
    `base-uri 'none'`,
  ].join('; ');
  const script = page.script
    ? html`<script nonce="${nonce}">
        ${raw(page.script)};
      </script>`
    : html``;
  const text = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${page.title}</title>
        <style nonce="${nonce}">
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${page.title}</h1>
          ${page.body}
        </main>
        ${script}
      </body>
    </html> `.text;
  if (page.refreshSeconds !== undefined) void reply.header('refresh', String(page.refreshSeconds));
  void reply
    .status(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('content-security-policy', policy)
    .send(text);
}

const raw = (text: string): Html => new Html(text);
