import { randomUUID } from 'node:crypto';
import { closeDb, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { sampleRequest } from '../support/sample.js';
import { newKey, newStory } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeDb();
});

describe('the Idempotency-Key', () => {
  test('gives the same request the same answer, and asks Invoice Cloud once', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await story.ask(sampleRequest(), headers);
    expect(first.status).toBe(201);
    // Spelling and order of names are not part of what is asked.
    const { ViewMode, ...rest } = sampleRequest();
    const again = await story.ask({ viewmode: String(ViewMode), ...rest }, headers);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(await story.requests()).toHaveLength(1);
    expect(await story.paymentsStored()).toBe(1);
  });

  test('is not needed: without one too, the same invoice is not opened twice, and another one is', async () => {
    const story = await newStory();
    const [one, again] = [await story.ask(), await story.ask()];
    expect(again).toMatchObject({ status: 201, body: { id: one.body.id, reused: true } });
    const other = await story.openAnother();
    expect(other.id).not.toBe(one.body.id);
    expect(await story.paymentsStored()).toBe(2);
  });

  test('of a request that was answered with a living page answers the same ever after', async () => {
    const story = await newStory();
    const first = await story.ask();
    const headers = { 'idempotency-key': randomUUID() };
    const reused = await story.ask(sampleRequest(), headers);
    expect(reused.body).toMatchObject({ id: first.body.id, reused: true });
    // Even when that page lives no more: a key stands for one answer.
    await story.db.rows(`update payments set page_expires_at = now() where id = $1`, [first.body.id]);
    expect((await story.ask(sampleRequest(), headers)).body).toEqual(reused.body);
    expect((await story.ask(sampleRequest())).body.id).not.toBe(first.body.id);
  });

  test('refuses another body', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    expect((await story.ask(sampleRequest(), headers)).status).toBe(201);
    const other = await story.ask(sampleRequest({}, {}, { BalanceDue: 4 }), headers);
    expect(other.status).toBe(422);
    expect(other.body.code).toBe('idempotency_key_reused');
    expect(await story.requests()).toHaveLength(1);
  });

  test('is apart for each biller, also with the same key of the same partner', async () => {
    const one = await newStory();
    const other = await newStory({ partner: one.partner });
    const headers = { 'idempotency-key': randomUUID() };
    const answers = [await one.ask(sampleRequest(), headers), await other.ask(sampleRequest(), headers)];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body.id).not.toBe(answers[1]?.body.id);
  });

  test('belongs to the partner and biller, not to the API key that was used', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await story.ask(sampleRequest(), headers);
    const key = await newKey(story.partner, { billerId: story.billerId });
    const again = await story.ask(sampleRequest(), { ...headers, authorization: `Bearer ${key}` });
    expect(again.body).toEqual(first.body);
  });

  test('lets one of several at once through; the others get its answer or are told to wait', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    await story.fault({ kind: 'delay', ms: 300, operation: 'cloud-payments' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => story.ask(sampleRequest(), headers)));
    const opened = answers.filter(({ status }) => status === 201);
    expect(opened.length).toBeGreaterThanOrEqual(1);
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    expect(new Set(opened.map(({ body }) => body.id)).size).toBe(1);
    expect(await story.requests()).toHaveLength(1);
    expect(await story.paymentsStored()).toBe(1);
    expect((await story.ask(sampleRequest(), headers)).body).toEqual(opened[0]?.body);
  });

  test('answers 409 while the request is still running, and its answer afterwards', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    await story.fault({ kind: 'delay', ms: 1_000, operation: 'cloud-payments' });
    const running = story.ask(sampleRequest(), headers);
    await eventually('Invoice Cloud is being asked', async () => (await story.requests()).length === 1);
    const meanwhile = await story.ask(sampleRequest(), headers);
    expect(meanwhile.status).toBe(409);
    expect(meanwhile.body.code).toBe('idempotency_key_in_use');
    expect(Number(meanwhile.headers.get('retry-after'))).toBeGreaterThan(0);
    const first = await running;
    expect(first.status).toBe(201);
    expect((await story.ask(sampleRequest(), headers)).body).toEqual(first.body);
  });

  test('is free again after a request that failed', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    await story.fault({ kind: 'status', status: 500 });
    expect((await story.ask(sampleRequest(), headers)).status).toBe(502);
    expect((await story.ask(sampleRequest(), headers)).status).toBe(201);
    const { body } = await story.get('');
    expect(body.data.map(({ status }: { status: string }) => status)).toEqual(['open', 'unconfirmed']);
  });

  test('is not taken by a request that was refused', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    expect((await story.ask(sampleRequest({ ViewMode: 9 }), headers)).status).toBe(400);
    expect((await story.ask(sampleRequest(), headers)).status).toBe(201);
  });

  test('is kept for 72 hours and not longer', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await story.ask(sampleRequest(), headers);
    const age = (hours: number) =>
      story.db.rows(
        `update idempotency_keys set created_at = now() - make_interval(hours => $2) where biller_id = $1`,
        [story.billerId, hours],
      );
    await age(71);
    expect((await story.ask(sampleRequest(), headers)).body.id).toBe(first.body.id);
    await age(73);
    const anew = await story.ask(sampleRequest({}, {}, { BalanceDue: 4 }), headers);
    expect(anew.status).toBe(201);
    expect(anew.body.id).not.toBe(first.body.id);
  });

  test('of a process that died passes to the next request, and its payment is unconfirmed', async () => {
    const story = await newStory();
    const key = randomUUID();
    const first = await story.ask(sampleRequest(), { 'idempotency-key': key });
    // As a process leaves it that was killed between asking and recording the answer, an hour ago.
    await story.db.rows(
      `update idempotency_keys set answer_sealed = null, locked_until = now() - interval '1 hour' where biller_id = $1`,
      [story.billerId],
    );
    await story.db.rows(`update payments set status = 'opening', opened_at = null where id = $1`, [first.body.id]);
    const again = await story.ask(sampleRequest(), { 'idempotency-key': key });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(first.body.id);
    expect(await story.payment(first.body.id)).toMatchObject({
      status: 'unconfirmed',
      failure: { code: 'interrupted' },
    });
    expect(again.body).toMatchObject({ status: 'open', supersedes: first.body.id });
  });

  test.each([
    ['a space', 'two words'],
    ['256 characters', 'x'.repeat(256)],
    ['nothing', ''],
  ])('must be usable: %s is refused by name', async (_, key) => {
    const story = await newStory();
    const answer = await story.ask(sampleRequest(), { 'idempotency-key': key });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field: 'Idempotency-Key' }]);
    expect(await story.paymentsStored()).toBe(0);
  });

  test('works on the drop-in route as well', async () => {
    const story = await newStory();
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [
      await story.askDropIn(sampleRequest(), headers),
      await story.askDropIn(sampleRequest(), headers),
    ];
    expect(again.body).toEqual(first.body);
    expect(again.status).toBe(200);
    expect(await story.requests()).toHaveLength(1);
  });

  test('gives the same answer after a restart of the platform', async () => {
    const databaseUrl = await newDatabase();
    const before = await startPlatform({ DATABASE_URL: databaseUrl });
    const story = await newStory({ url: before.url, databaseUrl });
    const headers = { 'idempotency-key': randomUUID() };
    const first = await story.ask(sampleRequest(), headers);
    expect(first.status).toBe(201);
    await before.stop();

    const after = await startPlatform({ DATABASE_URL: databaseUrl });
    story.moveTo(after.url);
    const again = await story.ask(sampleRequest(), headers);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(await story.requests()).toHaveLength(1);
    await after.stop();
  });
});
