import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../chaos/time.js';
import { Component } from './component.js';
import type { Row } from './row.js';

const PROGRAM = join(import.meta.dirname, 'deploys.js');

/** Rolling deploys through each balancer of deploy/: a program of its own (`deploys.ts`), whose table is told as it is. */
export const rollingRow: Row = {
  name: 'rolling-deploys',
  title: 'twelve restarts behind each balancer of deploy/ (its own table is below)',
  quick: false,
  play: async ({ folder, platform }) => {
    await platform.close();
    const component = new Component(folder, { name: 'deploys', command: process.execPath, args: [PROGRAM] });
    component.start();
    while (component.runs) await sleep(500);
    const lines = readFileSync(component.logFile, 'utf8').split('\n');
    const bad = lines.filter((line) => line.includes('FAILED'));
    const whole = lines.some((line) => line.startsWith('Deploys: all passed'));
    return {
      notes: lines.filter((line) => line.startsWith('| ')),
      failures: whole || bad.length > 0 ? bad : [`it did not come to its end: ${component.tail(3)}`],
    };
  },
};
