/**
 * What of a CssUrl may be loaded: https, or http on this machine. Its origin goes into the page's policy, where a strange
 * host name could add a directive of its own, so that the name must be a plain one. Undefined: it is left out.
 */
export function usableStylesheet(cssUrl: string | undefined): string | undefined {
  const url = URL.parse(cssUrl?.trim() ?? '');
  if (!url || !hasPlainHost(url) || url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url.hostname)) ? url.href : undefined;
}

export function hasPlainHost({ hostname }: URL): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\])$/.test(hostname);
}

function isLocal(hostname: string): boolean {
  return /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
