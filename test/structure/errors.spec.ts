import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));

/** Codes of our own errors with their status, and those of the framework's refusals. */
const inCode = sources.flatMap((source) => [
  ...[
    ...source.matchAll(
      /static override readonly code(?:: string)? = '([a-z_]+)';\s*static override readonly status(?:: number)? = (\d+)/g,
    ),
  ].map(([, code, status]) => `${code} ${status}`),
  ...[...source.matchAll(/^ {2}(\d{3}): \{\s*code: '([a-z_]+)'/gm)].map(([, status, code]) => `${code} ${status}`),
]);

const inDocs = [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)].map(
  ([, code, status]) => `${code} ${status}`,
);

describe('docs/errors.md', () => {
  it('lists every code with its status, and no code that does not exist', () => {
    expect(inCode.length).toBeGreaterThan(25);
    expect(inDocs.sort()).toEqual([...inCode, 'malformed_request 400', 'internal_error 500'].sort());
  });

  it('has each code once', () => expect(new Set(inDocs).size).toBe(inDocs.length));
});
