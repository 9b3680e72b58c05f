import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms, type Platform } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { stage } from '../support/stage-facts.js';
import { newInvoiceNumber, newStory, postBack, type Story } from '../support/story.js';

/**
 * What a payment costs in statements, each of them a round trip to PostgreSQL: they are what the throughput of the platform
 * goes by. The figures are exact, so that none can rise unseen; one that has fallen is written down here, and in
 * docs/performance.md.
 */
const STATEMENTS = {
  opening: 2,
  openingWithKey: 2,
  replay: 2,
  dropIn: 2,
  postback: 1,
  repeatedPostback: 1,
  read: 3,
  list: 1,
};

/** That a key was used: by the clock, and not by what is counted. */
const ONCE_A_MINUTE = /^UPDATE "partner_keys"/;

const file = join(stage.dataDir, `statements-${randomUUID()}.jsonl`);
let platform: Platform;
let story: Story;
let postbackUrl: string;

beforeAll(async () => {
  const preload = pathToFileURL(join(stage.rootDir, 'dist/bench/preload/statements.js')).href;
  // A database of its own: what others change in theirs would have to be looked up again.
  const databaseUrl = await newDatabase();
  platform = await startPlatform({
    DATABASE_URL: databaseUrl,
    NODE_OPTIONS: `--import ${preload}`,
    STATEMENTS_FILE: file,
  });
  story = await newStory({ url: platform.url, databaseUrl });
  const partner = await receiver();
  postbackUrl = partner.url;
  // An endpoint is made with its first delivery.
  const { postBackUrl, InvoiceNumber } = await story.openAnother({ PostBackURL: postbackUrl });
  await postBack(postBackUrl, story.message({ InvoiceNumber }));
  await eventually('the partner is told', () => partner.deliveries.length > 0);
});

afterAll(async () => {
  await closeReceivers();
  await stopPlatforms();
  await closeDb();
});

/** The statements that a request makes, in their order. */
async function statementsOf(work: () => Promise<unknown>, request: RegExp): Promise<string[]> {
  const before = lines().length;
  await work();
  return lines()
    .slice(before)
    .filter(([by]) => request.test(by))
    .map(([, sql]) => sql)
    .filter((sql) => !ONCE_A_MINUTE.test(sql));
}

/** @throws Error with the statements, as far as they tell them apart */
function expectCount(made: readonly string[], count: number): void {
  if (made.length === count) return;
  const shown = made.map((sql) => `  ${sql.replace(/^SELECT .* FROM /, 'SELECT … FROM ').slice(0, 110)}`);
  throw new Error(`${made.length} statements where ${count} are written down:\n${shown.join('\n')}`);
}

const lines = (): [by: string, sql: string][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as [string, string]);

const asked = (): object => sampleRequest({ PostBackURL: postbackUrl }, {}, { InvoiceNumber: newInvoiceNumber() });

describe('statements', () => {
  it('of a payment that is opened', async () => {
    const made = await statementsOf(() => story.ask(asked()), /^POST .*\/payments$/);
    expectCount(made, STATEMENTS.opening);
  });

  it('of one with an Idempotency-Key, and of its replay', async () => {
    const [body, headers] = [asked(), { 'idempotency-key': randomUUID() }];
    const made = await statementsOf(() => story.ask(body, headers), /^POST .*\/payments$/);
    expectCount(made, STATEMENTS.openingWithKey);
    const again = await statementsOf(() => story.ask(body, headers), /^POST .*\/payments$/);
    expectCount(again, STATEMENTS.replay);
  });

  it('of one by the drop-in route', async () => {
    const made = await statementsOf(() => story.askDropIn(asked()), /^POST \/cloudpaymentsapi/);
    expectCount(made, STATEMENTS.dropIn);
  });

  it('of a first PostBack that is relayed, and of the same again', async () => {
    const { postBackUrl, InvoiceNumber } = await story.openAnother({ PostBackURL: postbackUrl });
    const message = story.message({ InvoiceNumber });
    const made = await statementsOf(() => postBack(postBackUrl, message), /^POST \/postbacks/);
    expectCount(made, STATEMENTS.postback);
    const again = await statementsOf(() => postBack(postBackUrl, message), /^POST \/postbacks/);
    expectCount(again, STATEMENTS.repeatedPostback);
  });

  it('of a PostBack with a zero byte: none that it could undo for others', async () => {
    const { postBackUrl } = await story.openAnother({ PostBackURL: postbackUrl });
    const message = story.message({ InvoiceNumber: 'a\u0000b' });
    const made = await statementsOf(() => postBack(postBackUrl, message), /^POST \/postbacks/);
    expect(made.filter((sql) => /\bas briefly\b/.test(sql))).toEqual([]);
  });

  it('of reading a payment, and of a list', async () => {
    const { id } = await story.openAnother();
    expectCount(await statementsOf(() => story.get(`/${id}`), /^GET /), STATEMENTS.read);
    expectCount(await statementsOf(() => story.get(''), /^GET /), STATEMENTS.list);
  });
});
