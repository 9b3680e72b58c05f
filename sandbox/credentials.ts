/**
 * The API key of an `Authorization: Basic` header. Observed: Cloud Payments V2 takes base64 of the key alone; some
 * clients send `key:` there too. REST v1 takes only the latter: the key as user name, an empty password.
 */
export function apiKeyOf(authorization: string | undefined, form: 'key-or-user' | 'user'): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  if (decoded.endsWith(':')) return decoded.slice(0, -1);
  return form === 'key-or-user' ? decoded : undefined;
}
