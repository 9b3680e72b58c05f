import { type Bench, closed } from '../bench.js';
import { numbered } from '../load/template.js';
import { type Findings, QUIETEST } from '../report.js';
import { launch, signIn } from '../requests.js';
import { alternate, figuresOf, spread, UNJUDGED_WARMTH } from '../rounds.js';

const PLATFORM = 'platform';
const INVOICE_CLOUD_MS = 100;
const SIGN_INS_A_SECOND = 20;
const SIGN_IN_SECONDS = 1.5;
const MOST_SIGN_IN_ROUNDS = 4;
/** It is warm from the sign-ins that were not made to wait. */
const WARMTH = 0.2;
const MOST_TICKETS = 2_000;

/** Two round trips to an Invoice Cloud that takes its time. */
export async function measureSignIn(bench: Bench): Promise<Findings> {
  const { stage, small, options } = bench;
  const part = { who: PLATFORM, contestants: [small.platform], template: signIn(small.biller), expect: 201 };
  const fast = await alternate(bench, 'sign-in', [part], UNJUDGED_WARMTH);
  await stage.party({ kind: 'delay', ms: INVOICE_CLOUD_MS });
  const late = await alternate(
    bench,
    `sign-in, Invoice Cloud answers after ${INVOICE_CLOUD_MS} ms`,
    [{ ...part, pace: { kind: 'open', perSecond: SIGN_INS_A_SECOND, seconds: SIGN_IN_SECONDS } }],
    WARMTH,
    Math.min(Math.ceil(options.rounds / 2), MOST_SIGN_IN_ROUNDS),
  );
  await stage.party({ kind: 'delay', ms: 0 });
  const p95 = spread(late, PLATFORM, 'p95');
  return {
    figures: [
      ...figuresOf('sign in', fast),
      ...figuresOf(`sign in, Invoice Cloud ${INVOICE_CLOUD_MS} ms, ${SIGN_INS_A_SECOND} a second`, late),
    ],
    targets: [
      {
        name: `sign-in: p95 with an Invoice Cloud of ${INVOICE_CLOUD_MS} ms`,
        unit: ' ms',
        value: p95.least,
        spread: p95,
        atMost: 230,
        note: QUIETEST,
      },
    ],
  };
}

/** A payer's browser opens a page by a ticket that works once. */
export async function measureLaunch(bench: Bench): Promise<Findings> {
  const { stage, small, options } = bench;
  const { platform, biller, rows } = small;
  const { method, path, headers, body } = signIn(biller);
  const answer = await fetch(platform.url + path, {
    method,
    headers: { ...headers },
    body: body?.replace('{n}', numbered(0)) ?? null,
  });
  const { id } = (await answer.json()) as { id: string };
  const part = {
    who: PLATFORM,
    contestants: [platform],
    template: launch,
    expect: 200,
    pace: closed(options.seconds, undefined, MOST_TICKETS),
    prepare: async (most: number) => {
      const from = stage.reserve(most);
      await rows.prepareTickets(id, from, most);
      return from;
    },
  };
  return {
    targets: [],
    figures: figuresOf('launch a page', await alternate(bench, 'launch', [part], UNJUDGED_WARMTH)),
  };
}
