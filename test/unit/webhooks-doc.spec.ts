import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { signaturesOf } from '../../src/relay/signatures.js';

const SECRET = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const PUBLIC_KEY = 'whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=';
const doc = readFileSync(resolve(import.meta.dirname, '../../docs/webhooks.md'), 'utf8');
const blocks = [...doc.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '');

describe('what docs/webhooks.md tells partners to do', () => {
  it('verifies an ed25519 signature, and refuses an altered or an old one', () => {
    const code = blocks.find((block) => block.includes('isGenuine'));
    const sent = (at: Date, body: string, shown = body) => ({
      body: shown,
      headers: {
        'webhook-id': 'id-1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': `v1,AAAA ${signaturesOf([SECRET], 'id-1', at, body)}`,
      },
    });
    const now = new Date();
    const cases = [sent(now, 'a=ü'), sent(now, 'a=ü', 'a=u'), sent(new Date(now.getTime() - 400_000), 'a=ü')];
    const folder = mkdtempSync(join(tmpdir(), 'webhooks-doc-'));
    try {
      const ask = `\nconsole.log(JSON.stringify(${JSON.stringify(cases)}.map(({ body, headers }) => isGenuine(body, headers))))`;
      writeFileSync(join(folder, 'receiver.mjs'), `${code}${ask}`);
      const env = { PATH: process.env['PATH'], WEBHOOK_PUBLIC_KEY: PUBLIC_KEY };
      const said = execFileSync(process.execPath, [join(folder, 'receiver.mjs')], { encoding: 'utf8', env });
      expect(JSON.parse(said)).toEqual([true, false, false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is told in four languages', () => {
    for (const language of ['js', 'python', 'go', 'php']) expect(doc).toContain(`\`\`\`${language}\n`);
    for (const language of ['JavaScript', 'Python', 'Go', 'PHP']) expect(doc).toContain(`\n## ${language}\n`);
  });
});
