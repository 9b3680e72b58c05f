/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out because the registry it was written
 * against does not carry them: `npm ci` refuses a lock without them. Run it after a change of dependencies.
 */
import { readFileSync, writeFileSync } from 'node:fs';
const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;
const OS = /(darwin|linux|win32|android|freebsd|openharmony)/;
let added = 0;
for (const [, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (packages[key] || !/^\d/.test(version) || !OS.test(name)) continue;
    const [, os, cpu, libc] = /(darwin|linux|win32|android|freebsd|openharmony)-([a-z0-9]+)(?:-([a-z]+))?/.exec(name);
    packages[key] = {
      version,
      cpu: [cpu],
      ...(parent.dev && { dev: true }),
      ...(libc?.startsWith('musl') ? { libc: ['musl'] } : libc === 'gnu' && os === 'linux' ? { libc: ['glibc'] } : {}),
      ...(parent.license && { license: parent.license }),
      optional: true,
      os: [os],
      ...(parent.engines && { engines: parent.engines }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
process.stdout.write(`added ${added}\n`);
