import { randomUUID } from 'node:crypto';
import { admin, api, type Answer, type Json } from './api.js';
import { stage } from './stage-facts.js';

export const ADMIN_KEY = stage.settings['ADMIN_KEY'] ?? '';

/** An id that nothing has. */
export const NOBODY = '0192a000-0000-7000-8000-000000000000';

export interface Route {
  /** @example 'PUT /admin/v1/billers/{billerId}/api-key' */
  readonly name: string;
  readonly method: string;
  readonly template: string;
}

/** Every route that the API describes. */
export async function allRoutes(url?: string): Promise<Route[]> {
  const { body } = await api({ path: '/docs-json', url });
  return Object.entries(body.paths).flatMap(([template, operations]) =>
    Object.keys(operations as Json).map((lower) => {
      const method = lower.toUpperCase();
      return { name: `${method} ${template}`, method, template };
    }),
  );
}

export interface By {
  readonly key?: string | undefined;
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request under /admin/v1, by ADMIN_KEY unless told otherwise; whatever it answers is for the test to judge. */
export function ask(
  method: string,
  path: string,
  body?: unknown,
  { key = ADMIN_KEY, url, headers }: By = {},
): Promise<Answer> {
  return api({ method, path: `/admin/v1${path}`, key, body, url, ...(headers && { headers }) });
}

export interface AdminKey {
  readonly id: string;
  readonly name: string;
  readonly key: string;
}

export async function newAdminKey(role: string, wanted: object = {}, url?: string): Promise<AdminKey> {
  const body = { name: `${role} ${randomUUID()}`, role, ...wanted };
  return admin('POST', '/admin-keys', body, url) as Promise<AdminKey>;
}

/** Changes a biller as it is now. */
export async function patch(billerId: string, changes: object, by: By = {}): Promise<Answer> {
  const { body } = await ask('GET', `/billers/${billerId}`, undefined, by);
  return ask('PATCH', `/billers/${billerId}`, changes, { ...by, headers: { 'if-match': `"${body.revision}"` } });
}

/** The key under which the sandbox knows a biller; what is sent with another is refused. */
export async function acceptKey(billerGuid: string, apiKey: string): Promise<void> {
  const { status } = await fetch(`${stage.sandboxUrl}/_sandbox/billers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ billerGuid, apiKey, name: 'Test biller' }),
  });
  if (status !== 200) throw new Error(`the sandbox answered ${status}`);
}

export const newSecret = (): string => `canary-${randomUUID()}-${randomUUID()}`;
