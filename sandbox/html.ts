/** Text that is already markup. */
export class Html {
  constructor(readonly markup: string) {}
}

export type Value = Html | string | number | null | undefined | false | readonly Value[];

/** Markup in which every value is escaped, but for what is markup already. Lists are joined; null and false vanish. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

export function money(cents: number): string {
  return `$${Math.trunc(cents / 100).toLocaleString('en-US')}.${String(cents % 100).padStart(2, '0')}`;
}

/** What stands around a page's content. */
export interface Frame {
  /** A partner's style sheet, after ours; the page's policy must allow it (see `show`). */
  readonly stylesheet?: string;
  /** Below the masthead: the ways to other pages. */
  readonly navigation?: Html;
  /** ViewMode 1: the page stands in a partner's iframe, which has a header and a footer of its own. */
  readonly framed?: boolean;
}

const STRIP = 'Sandbox: a pretend Invoice Cloud. No real card, no real money.';

/**
 * A whole page. `heading` is also the title; `dba` is whose page it is. A partner's style sheet comes last in the body:
 * in the head, one that does not answer would keep the page blank until the browser gives up on it.
 */
export function layout(heading: string, dba: string, main: Html, frame: Frame = {}): string {
  const { stylesheet, navigation, framed = false } = frame;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${heading} · ${dba}</title>
        <link rel="stylesheet" href="/_sandbox/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body class="${framed ? 'page framed' : 'page'}">
        <a class="skip" href="#main">Skip to content</a>
        ${
          !framed &&
          html`<header>
            <p class="strip">${STRIP}</p>
            <p class="masthead">${dba}</p>
          </header>`
        }
        ${navigation}
        <main id="main">
          <h1>${heading}</h1>
          ${main}
        </main>
        <footer class="footer">
          <p>${framed ? STRIP : 'Billbridge sandbox. Not a page of Invoice Cloud.'}</p>
        </footer>
        ${stylesheet !== undefined && html`<link rel="stylesheet" href="${stylesheet}" referrerpolicy="no-referrer" />`}
      </body>
    </html> `.markup;
}

/** What went wrong. The focus goes to it, so that whoever uses a keyboard or a screen reader starts there. */
export function alertBox(problem: string | undefined): Html | false {
  return problem !== undefined && html`<div class="alert" role="alert" tabindex="-1" autofocus><p>${problem}</p></div>`;
}

/** What went well. */
export function statusBox(notice: Value): Html | false {
  return notice !== undefined && html`<div class="alert done" role="status"><p>${notice}</p></div>`;
}

/** Names and values, side by side. What is undefined is left out. */
export function facts(pairs: readonly (readonly [string, Value])[]): Html {
  const known = pairs.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd> `,
    )}
  </dl>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
