export interface Form {
  readonly action: string;
  /** Every named field with the value it would be sent with when nothing is typed. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The forms of a page that we serve ourselves: plain markup, no script. Not for pages of others. */
export function readForms(page: string, address: string): Form[] {
  return [...page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => ({
    action: new URL(attribute(attributes, 'action') ?? '', address).href,
    fields: Object.fromEntries(
      [...content.matchAll(/<input\b([^>]*)>/g)].flatMap(([, field = '']) => {
        const name = attribute(field, 'name');
        return name === undefined ? [] : [[name, attribute(field, 'value') ?? '']];
      }),
    ),
  }));
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
