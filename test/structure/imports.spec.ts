import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const BASE = ['common', 'config', 'database'];

/** Who may import whom: the table of docs/architecture.md. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/common': [],
  'src/config': ['common'],
  'src/database': ['common', 'config', '/migrations'],
  'src/spool': BASE,
  'src/invoice-cloud': ['common', 'config'],
  'src/mail': ['common', 'config'],
  'src/alerts': [...BASE, 'mail'],
  'src/journal': [...BASE],
  'src/audit': BASE,
  'src/administrators': [...BASE, 'audit'],
  'src/partners': [...BASE, 'audit', 'administrators'],
  'src/billers': [...BASE, 'audit', 'invoice-cloud', 'partners'],
  'src/relay': [...BASE, 'audit', 'partners'],
  'src/cloud-pay': [...BASE, 'journal', 'audit', 'billers', 'partners', 'invoice-cloud', 'relay', 'spool'],
  'src/postbacks': [...BASE, 'audit', 'billers', 'partners', 'invoice-cloud', 'relay', 'spool', 'cloud-pay'],
  'src/reconciliation': [...BASE, 'audit', 'billers', 'invoice-cloud', 'cloud-pay'],
  'src/restore': [...BASE, 'audit', 'partners', 'billers', 'cloud-pay', 'journal', 'postbacks'],
  'src/sso': [...BASE, 'mail', 'billers', 'partners', 'invoice-cloud', 'cloud-pay'],
  'src/admin': [
    ...BASE,
    'alerts',
    'audit',
    'administrators',
    'sso',
    'billers',
    'partners',
    'invoice-cloud',
    'relay',
    'cloud-pay',
    'postbacks',
    'spool',
    'reconciliation',
  ],
  'src/operations': [...BASE, 'alerts', 'partners', 'invoice-cloud', 'spool'],
  migrations: [],
  sandbox: [],
};
/** `main`, `app`, `docs` and the module on one screen; what runs a developer's machine. */
const UNLIMITED = ['src', 'local'];

const files = ['src', 'sandbox', 'migrations', 'local'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(top, name)),
);

const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) =>
    relative(ROOT, resolve(ROOT, dirname(file), match[1] ?? '')).replace(/\.js$/, '.ts'),
  );

/** The folder by which a file is judged: `src/x`, or the top folder. */
function placeOf(file: string): string {
  const [top = '', folder = ''] = file.split('/');
  return top === 'src' && folder.includes('.') ? 'src' : top === 'src' ? `src/${folder}` : top;
}

describe('imports', () => {
  it('are seen at all', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(importsOf('src/app.ts')).toContain('src/app.module.ts');
  });

  it('go the ways that the table allows, and no other', () => {
    const wrong = files.flatMap((file) => {
      const place = placeOf(file);
      if (UNLIMITED.includes(place)) return [];
      const allowed = MAY_IMPORT[place]?.map((name) => (name.startsWith('/') ? name.slice(1) : `src/${name}`));
      return importsOf(file)
        .filter((target) => placeOf(target) !== place && !allowed?.includes(placeOf(target)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('share nothing between the platform and the sandbox, which meet on the wire alone', () => {
    const shared = files.flatMap((file) => {
      const other = file.startsWith('sandbox/') ? 'src/' : file.startsWith('src/') ? 'sandbox/' : undefined;
      return other ? importsOf(file).filter((target) => target.startsWith(other)) : [];
    });
    expect(shared).toEqual([]);
  });

  it('let the demo portals use nothing but the wire and what they share', () => {
    const portals = 'sandbox/portals/';
    const inPortals = files.filter((file) => file.startsWith(portals));
    const shared = (file: string) => [`${portals}shared/`, file.slice(0, file.lastIndexOf('/') + 1)];
    const wrong = inPortals.flatMap((file) =>
      importsOf(file)
        .filter((target) => !shared(file).some((folder) => target.startsWith(folder)))
        .map((target) => `${file} imports ${target}`),
    );
    const sandbox = files.filter((file) => file.startsWith('sandbox/') && !file.startsWith(portals));
    expect(sandbox.flatMap(importsOf).filter((target) => target.startsWith(portals))).toEqual([]);
    expect(inPortals.length).toBeGreaterThan(15);
    expect(wrong).toEqual([]);
  });

  it('let the demo portals call the platform alone, from one place', () => {
    const calling = files.filter(
      (file) =>
        file.startsWith('sandbox/portals/') &&
        /\bfetch\(|axios|undici|WebSocket|import (?!type).*'node:(?:https?|net|tls)'/.test(
          readFileSync(join(ROOT, file), 'utf8'),
        ),
    );
    // The other one is read by the portal's own pages, and asks the portal.
    expect(calling).toEqual(['sandbox/portals/shared/browser.ts', 'sandbox/portals/shared/platform.ts']);
    const platform = readFileSync(join(ROOT, 'sandbox/portals/shared/platform.ts'), 'utf8');
    expect(platform.match(/fetch\(.*/g)).toEqual(['fetch(`${platformUrl}/v1/billers/${billerId}${path}`, {']);
  });

  it('make no circle', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const target of importsOf(file)) if (files.includes(target)) visit(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
