import { readFileSync } from 'node:fs';

/** These start a server of their own, and restart, kill, copy or promote it. */
const OWN_SERVER = /'(?:\.\.\/)+(?:support\/cluster|src\/database\/embedded-postgres)\.js'/;

/**
 * With a DATABASE_URL, says at the end how many tests ran on that server, and how many on servers of their own, since what they do to
 * one is nothing to do to somebody's.
 */
export default class ServersReporter {
  onRunComplete(_contexts, { testResults }) {
    if (!process.env.DATABASE_URL?.trim()) return;
    const own = testResults.filter(({ testFilePath }) => OWN_SERVER.test(readFileSync(testFilePath, 'utf8')));
    const passed = (results) => results.reduce((sum, { numPassingTests }) => sum + numPassingTests, 0);
    const all = passed(testResults);
    const apart = passed(own);
    const names = own.map(({ testFilePath }) => testFilePath.replace(/^.*\/(?=test\/)/, '')).join(', ');
    process.stderr.write(`Passed on the server of DATABASE_URL: ${all - apart} tests\n`);
    if (own.length > 0) {
      process.stderr.write(`Passed on servers of their own, which they restart or kill: ${apart} tests (${names})\n`);
    }
  }
}
