import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ALERT_KINDS } from '../../src/common/alerts.js';

const DOCS = readFileSync(resolve(import.meta.dirname, '../../docs/operators.md'), 'utf8');
const [, section = ''] = /^## Alerts$(.*?)(?=^## |$(?![\s\S]))/ms.exec(DOCS) ?? [];

describe('docs/operators.md', () => {
  it('has a row for every kind of alert, and for no kind that does not exist', () => {
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \| \S.* \| \S.* \|$/gm)].map(([, kind]) => kind);
    expect(rows.sort()).toEqual(Object.keys(ALERT_KINDS).sort());
  });
});
