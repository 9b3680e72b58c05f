/** A request of which each one differs by a number. `{n}` in path, headers and body becomes it, in ten digits. */
export interface Template {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Always as long, so that the length of the body is the same for every request. */
export const numbered = (n: number): string => String(n).padStart(10, '0');

/** The bytes of each request, put together as cheaply as can be: who measures must not be what is measured. */
export function compile({ method, path, headers = {}, body }: Template, host: string): (n: number) => string {
  const length =
    body === undefined ? [] : [`content-length: ${Buffer.byteLength(body.replaceAll('{n}', numbered(0)))}`];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...length,
  ];
  const parts = `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`.split('{n}');
  return (n) => parts.join(numbered(n));
}
