/**
 * `npm run build`: the compiler, and then the packages joined (`join-packages.mjs`). Every command builds first, so that what
 * runs is never older than what is written; nothing happens where all that is built from is what it was.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinPackages } from './join-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Of the last build that came to its end. */
const STAMP = join(root, 'dist/.built');
/** An image is built without the tests. */
const FOLDERS = [...JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).include, 'tools'].filter((folder) =>
  existsSync(join(root, folder)),
);
const FILES = ['tsconfig.json', 'nest-cli.json', 'package.json', 'package-lock.json'];

/** Of all that a build is made from, with its names: a file that has gone counts too. */
function digest() {
  const found = FOLDERS.flatMap((folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    return files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  });
  const hash = createHash('sha256').update(process.version);
  for (const file of [...FILES.map((name) => join(root, name)), ...found.sort()]) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function lastBuilt() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What was compiled from a file that has gone would be joined, and fail there: the compiler leaves it. */
function removeOrphans() {
  for (const folder of FOLDERS.filter((name) => existsSync(join(root, 'dist', name)))) {
    const built = readdirSync(join(root, 'dist', folder), { recursive: true, encoding: 'utf8' });
    for (const name of built.filter((one) => one.endsWith('.js') && !one.includes('node_modules'))) {
      const source = join(root, folder, name);
      if (existsSync(source) || existsSync(source.replace(/js$/, 'ts'))) continue;
      rmSync(join(root, 'dist', folder, name));
      rmSync(join(root, 'dist', folder, `${name}.map`), { force: true });
    }
  }
}

const now = digest();
if (now !== lastBuilt()) {
  rmSync(STAMP, { force: true });
  removeOrphans();
  const { status, error } = spawnSync('nest', ['build'], { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  // It has said why.
  if (status !== 0) process.exit(status ?? 1);
  await joinPackages();
  writeFileSync(STAMP, now);
}
