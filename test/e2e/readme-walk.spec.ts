import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { stage } from '../support/stage-facts.js';

afterAll(stopPlatforms);

test('the README leads an administrator from nothing to a checked biller for each partner', async () => {
  // A platform of its own: settings that other tests define would be findings of the check.
  const platform = await startPlatform({ DATABASE_URL: await newDatabase() });
  const readme = await readFile(join(stage.rootDir, 'README.md'), 'utf8');
  const [, walk] = /<!-- A test runs the next block. -->\s*```\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(walk).toContain('/check');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', walk ?? ''], {
    env: {
      PATH: process.env['PATH'],
      A: `Authorization: Bearer ${stage.settings['ADMIN_KEY']}`,
      U: `${platform.url}/admin/v1`,
      S: stage.sandboxUrl,
    },
  });
  const checks = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(checks).toEqual([
    { ok: true, findings: [expect.objectContaining({ code: 'no-portal-origin', severity: 'warning' })] },
    { ok: true, findings: [] },
  ]);
});
