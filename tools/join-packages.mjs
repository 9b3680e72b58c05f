/**
 * After the compiler: joins the packages that the platform loads, some 2,800 small files, to some fifty large ones. Node looks
 * in dist/src/node_modules before it looks in node_modules, and nothing in src/ knows of it. The start takes less time, and
 * that is all (docs/decisions/0032-packages-joined.md). Does nothing when they are joined already.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'dist/src');
const out = join(src, 'node_modules');
/** Written last: what it is not in was not joined to the end. */
const stamp = join(out, '.joined.json');

/**
 * These stay as they are. pg: the tests count statements in it and inject its faults. reflect-metadata: it must have run before
 * all others, which joined files that import one another do not promise.
 */
const APART = ['pg', 'reflect-metadata'];

const common = { absWorkingDir: root, bundle: true, format: 'esm', platform: 'node', target: 'node24', metafile: true };

/** What our own code imports, a package or a part of one (`csv-stringify/sync`), and what Nest imports for us (`@fastify/static`). */
async function imported() {
  const files = readdirSync(src, { recursive: true }).filter((file) => /^(?!node_modules\b).*\.js$/.test(file));
  const contents = files.map((file) => `import './${file}';`).join('\n');
  const { metafile } = await build({
    ...common,
    stdin: { contents, resolveDir: src },
    packages: 'external',
    write: false,
    logLevel: 'error',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.filter(({ external }) => external));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = new Set([...Object.keys(dependencies), ...imports.map(({ path }) => path)]);
  return [...names].filter((name) => !isBuiltin(name) && !APART.includes(name)).sort();
}

/** A module that exports what the package exports, by name: joined, one of CommonJS would have a default only. */
async function entryOf(name) {
  const names = Object.keys(await import(name)).filter((one) => one !== 'module.exports');
  return `export { ${names.join(', ')} } from '${name}';`;
}

/** Whoever asks for a package gets the one that is joined. What is asked for only while it runs, or is missing, stays apart. */
const packages = (entries) => ({
  name: 'packages',
  setup(esbuild) {
    const entry = (path) => ({ path, namespace: 'entry' });
    esbuild.onResolve({ filter: /^entry:/ }, ({ path }) => entry(path.slice('entry:'.length)));
    esbuild.onLoad({ filter: /./, namespace: 'entry' }, ({ path }) => ({
      contents: entries.get(path),
      resolveDir: root,
    }));
    esbuild.onResolve({ filter: /^[@\w]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'asked' || isBuiltin(path)) return undefined;
      if (APART.includes(path)) return { path, external: true };
      if (kind === 'dynamic-import') return entries.has(path) ? entry(path) : { path, external: true };
      const found = await esbuild.resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
});

/** What CommonJS expects to find around it. */
const AROUND = `import { createRequire as createRequireOfJoined } from 'node:module';
const require = createRequireOfJoined(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** Makes `out`. @returns the packages that are in it, those of our own imports and those that they import */
async function joinAnew(names) {
  rmSync(out, { recursive: true, force: true });
  const entries = new Map();
  for (const name of names) entries.set(name, await entryOf(name));
  const { metafile } = await build({
    ...common,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `entry:${name}`])),
    outdir: out,
    splitting: true,
    chunkNames: '.joined/[hash]',
    logLevel: 'warning',
    banner: { js: AROUND },
    plugins: [packages(entries)],
  });

  const manifests = new Map();
  for (const name of names) {
    const [, of, part] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(name);
    const exports = { ...manifests.get(of)?.exports, [`.${part}`]: `.${part}/index.js` };
    manifests.set(of, { type: 'module', exports });
  }
  for (const [of, manifest] of manifests) {
    mkdirSync(join(out, of), { recursive: true });
    writeFileSync(join(out, of, 'package.json'), JSON.stringify(manifest));
  }
  const of = Object.keys(metafile.inputs).map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(of)].filter((name) => name !== undefined).sort();
}

/** @returns undefined when nothing was joined yet, or not to the end */
function joinedBefore() {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8')).digest;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws Error of esbuild, when one of the packages can't be joined */
export async function joinPackages() {
  const names = await imported();
  const digest = [fileURLToPath(import.meta.url), join(root, 'package-lock.json')]
    .reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256').update(names.join()))
    .digest('hex');
  if (digest === joinedBefore()) return;
  const joined = await joinAnew(names);
  writeFileSync(stamp, `${JSON.stringify({ digest, packages: joined }, null, 2)}\n`);
}
