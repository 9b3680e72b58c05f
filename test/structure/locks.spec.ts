import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stage } from '../support/stage-facts.js';

/** Switching a biller off counts its payments, and so keeps new ones waiting. */
const WHOLE_ROW = [/^src\/billers\/billers\.service\.ts$/];

describe('row locks', () => {
  it('leave the key alone, so that what refers to the row can be recorded meanwhile', () => {
    const cwd = stage.rootDir;
    const files = globSync('src/**/*.ts', { cwd }).filter((file) => !WHOLE_ROW.some((name) => name.test(file)));
    expect(files.length).toBeGreaterThan(100);
    const whole = files.filter((file) =>
      /pessimistic_write|pessimistic_partial_write|\bfor update\b/i.test(readFileSync(join(cwd, file), 'utf8')),
    );
    expect(whole).toEqual([]);
  });
});
