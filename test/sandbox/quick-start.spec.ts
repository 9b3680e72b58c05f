import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.js';
import type { Envelope } from './support.js';

describe('pointing an integration at the sandbox', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterEach(() => sandbox.close());

  const paste = async (command: string) => {
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command]);
    const { Data } = JSON.parse(stdout) as Envelope;
    const page = await fetch(Data.CloudPaymentURL);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Jane Payer');
  };

  it('works by what the start page says', async () => {
    const markup = await (await fetch(sandbox.url)).text();
    const [, shown = ''] = /<pre[^>]*>([^<]*)<\/pre>/.exec(markup) ?? [];
    const command = shown.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
    expect(command).toContain(sandbox.url);
    await paste(command);
  });

  it('works by what the README says', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../sandbox/README.md'), 'utf8');
    const [, command = ''] = /```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(command).toContain('http://127.0.0.1:4010/');
    await paste(command.replaceAll('http://127.0.0.1:4010', sandbox.url));
  });
});
