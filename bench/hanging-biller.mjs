/**
 * What a biller notices of another one whose Invoice Cloud hangs. Both are called at a steady rate, by calls that do not
 * wait for each other; rounds alternate between one where both are well and one where the first hangs.
 *
 *   npm run build && node bench/hanging-biller.mjs [rounds] [seconds of a round] [calls a second of each biller]
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [rounds = 3, seconds = 20, rate = 20] = process.argv.slice(2).map(Number);
let invoices = 0;
const root = resolve(import.meta.dirname, '..');

const stageProcess = spawn(process.execPath, [join(root, 'test/support/stage.ts'), root], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const stage = JSON.parse(String((await once(stageProcess.stdout, 'data'))[0]));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const settings = { ...stage.settings, INVOICE_CLOUD_TIMEOUT_MS: '15000', PORT: String(port), PUBLIC_URL: url };
const platform = spawn(process.execPath, [join(root, 'dist/src/main.js')], {
  cwd: stage.dataDir,
  env: { PATH: process.env['PATH'], ...settings, LOG_LEVEL: 'silent' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
process.on('exit', () => platform.kill('SIGKILL'));
try {
  while (!(await fetch(`${url}/health/ready`).catch(() => ({ ok: false }))).ok) await sleep(100);
  const [hanging, well] = [await newBiller(), await newBiller()];
  await both(hanging, well, 5);
  const times = { well: [], hanging: [] };
  for (let round = 1; round <= rounds; round += 1) {
    times.well.push(...(await both(hanging, well, seconds)).times);
    await sandbox(hanging, '/faults', 'POST', { kind: 'delay', ms: 600_000, times: 0 });
    const { times: beside, statuses } = await both(hanging, well, seconds);
    times.hanging.push(...beside);
    await sandbox(hanging, '/faults', 'DELETE');
    console.log(`round ${round}: the hanging one was answered ${JSON.stringify(statuses)}`);
    while ((await open(hanging)) !== 201) await sleep(500);
  }
  const [before, beside] = [summary(times.well), summary(times.hanging)];
  console.table({ 'both well': before, 'one hangs': beside });
  console.log(`p99 ratio: ${(beside['p99 ms'] / before['p99 ms']).toFixed(2)}`);
} finally {
  platform.kill('SIGKILL');
  stageProcess.stdin.end();
}

/** Calls both at the rate; waits for the second one's calls alone. */
async function both(hanging, well, forSeconds) {
  const statuses = {};
  const calls = [];
  const began = performance.now();
  for (let made = 0; made < forSeconds * rate; made += 1) {
    const due = began + (made * 1000) / rate;
    await sleep(Math.max(0, due - performance.now()));
    // Those that hang when all is over are cut off with the platform.
    open(hanging).then(
      (status) => (statuses[status] = (statuses[status] ?? 0) + 1),
      () => undefined,
    );
    calls.push(open(well).then((status) => [status, performance.now() - due]));
  }
  const ended = await Promise.all(calls);
  const failed = ended.filter(([status]) => status !== 201).length;
  if (failed > 0) console.log(`${failed} calls of the one that is well failed`);
  return { times: ended.map(([, ms]) => ms), statuses };
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1));
  return { calls: sorted.length, 'p50 ms': at(0.5), 'p95 ms': at(0.95), 'p99 ms': at(0.99), 'most ms': at(1) };
}

async function open({ billerId, key }) {
  const InvoiceNumber = String((invoices += 1));
  const answer = await fetch(`${url}/v1/billers/${billerId}/cloud-pay/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      CreateCustomerRecord: true,
      Customers: [
        {
          AccountNumber: '1',
          Name: 'Jane Payer',
          Invoices: [{ InvoiceNumber, TypeID: 39, DueDate: '4/17/2025', InvoiceDate: '4/17/2025', BalanceDue: 3 }],
        },
      ],
      ViewMode: 1,
    }),
  });
  const text = await answer.text();
  if (answer.status < 500 && answer.status !== 201) throw new Error(text);
  return answer.status;
}

async function newBiller() {
  const admin = async (method, path, body) => {
    const answer = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${stage.settings.ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const [billerGuid, apiKey] = [randomUUID(), randomUUID()];
  await sandbox({}, '', 'POST', { billerGuid, apiKey, name: 'Bench' });
  const partner = await admin('POST', '/partners', { name: `Bench ${randomUUID()}` });
  const facts = { partnerId: partner.id, name: 'Bench', dba: 'Bench', billerGuid, mode: 'test' };
  const { id: billerId } = await admin('POST', '/billers', facts);
  await admin('PUT', `/billers/${billerId}/api-key`, { apiKey });
  const { key } = await admin('POST', `/partners/${partner.id}/keys`, { name: 'bench', mode: 'test', billerId });
  return { billerId, billerGuid, key };
}

async function sandbox({ billerGuid }, path, method, body) {
  const answer = await fetch(`${stage.sandboxUrl}/_sandbox/billers${billerGuid ? `/${billerGuid}` : ''}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} ${await answer.text()}`);
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: free } = server.address();
  await new Promise((done) => server.close(done));
  return free;
}
