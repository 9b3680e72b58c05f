import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';

/** Of packages, that a start reads: they take most of its time, and would be 2,800 if they were not joined. */
const MOST_FILES = 100;

const file = join(stage.dataDir, 'modules.txt');
const watch = `
  import { registerHooks } from 'node:module';
  import { appendFileSync } from 'node:fs';
  registerHooks({ load(url, context, next) {
    appendFileSync(${JSON.stringify(file)}, url + '\\n');
    return next(url, context);
  } });`;

afterAll(stopPlatforms);

describe('the packages of a platform that runs', () => {
  let files: readonly string[];
  beforeAll(async () => {
    const { url } = await startPlatform({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watch)}` });
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    const loaded = readFileSync(file, 'utf8').split('\n');
    files = loaded.filter((one) => one.includes('/node_modules/'));
  });

  it('are few files', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(MOST_FILES);
  });

  it('are there once each: what was joined is not loaded from its own files as well', () => {
    const manifest = readFileSync(join(stage.rootDir, 'dist/src/node_modules/.joined.json'), 'utf8');
    const { packages: joined } = JSON.parse(manifest) as { packages: string[] };
    expect(joined).toEqual(expect.arrayContaining(['@nestjs/core', 'fastify', 'rxjs', 'typeorm', 'undici']));
    const apart = files.filter((one) => !one.includes('/dist/src/node_modules/'));
    const names = new Set(apart.map((one) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(one)?.[1]));
    expect(names).toContain('pg');
    expect([...names].filter((name) => joined.includes(String(name)))).toEqual([]);
  });
});
