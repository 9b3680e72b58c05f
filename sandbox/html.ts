/** Text that is already markup. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = Html | string | number | null | undefined | false | readonly Value[];

/** Markup in which every value is escaped, but for what is markup already. Lists are joined; null and false vanish. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

export function money(cents: number): string {
  return `$${Math.trunc(cents / 100).toLocaleString('en-US')}.${String(cents % 100).padStart(2, '0')}`;
}

/** What stands around a page's content, where it is more than a masthead. */
export interface Frame {
  /** A partner's style sheet, after ours; the page's policy must allow it (see `show`). */
  readonly stylesheet?: string;
  /** Below the masthead: the ways to other pages. */
  readonly navigation?: Html;
}

/** A whole page. `heading` is also the title; `dba` is whose page it is. */
export function layout(heading: string, dba: string, main: Html, { stylesheet, navigation }: Frame = {}): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${heading} · ${dba}</title>
        <link rel="stylesheet" href="/_sandbox/style.css" />
        ${stylesheet !== undefined && html`<link rel="stylesheet" href="${stylesheet}" referrerpolicy="no-referrer" />`}
        <link rel="icon" href="data:," />
      </head>
      <body>
        <p class="strip">Sandbox: a pretend Invoice Cloud. No real card, no real money.</p>
        <header class="masthead">${dba}</header>
        ${navigation}
        <main>
          <h1>${heading}</h1>
          ${main}
        </main>
        <footer>Billbridge sandbox. Not a page of Invoice Cloud.</footer>
      </body>
    </html> `.markup;
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
