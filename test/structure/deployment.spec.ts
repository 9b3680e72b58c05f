import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { NODE_OPTIONS } from '../../bench/contestants.js';

describe('the bench', () => {
  it('measures the platform with the options of Node that it is deployed with', () => {
    const dockerfile = readFileSync(resolve(import.meta.dirname, '../../Dockerfile'), 'utf8');
    const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', ...NODE_OPTIONS, 'dist/src/main.js']);
  });
});
