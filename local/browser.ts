import { readForms } from './html-forms.js';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

/** Opens an address as a payer's browser does, redirects included. No script runs. */
export const visit = (url: string): Promise<Page> => shown(fetch(url, { headers: { accept: 'text/html' } }));

/** Sends the form of a page that has the most of these fields, the first of several, with them filled in. */
export async function submit(page: Page, typed: Readonly<Record<string, string>> = {}): Promise<Page> {
  const has = (fields: object) => Object.keys(typed).filter((name) => name in fields).length;
  const [form] = readForms(page.text, page.url).sort((one, other) => has(other.fields) - has(one.fields));
  if (!form) throw new Error(`a page that answered ${page.status} has no form`);
  const body = new URLSearchParams({ ...form.fields, ...typed });
  return shown(fetch(form.action, { method: 'POST', body, headers: { accept: 'text/html' } }));
}

/** From a launch URL to Invoice Cloud's page, by the button. */
export const launch = async (launchUrl: string): Promise<Page> => submit(await visit(launchUrl));

async function shown(asked: Promise<Response>): Promise<Page> {
  const response = await asked;
  return { url: response.url, status: response.status, text: await response.text() };
}
