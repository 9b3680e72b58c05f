import { type Bench, closed, type Played, untilIdle } from '../bench.js';
import { ADMIN_KEY } from '../contestants.js';
import { spreadOf } from '../figures.js';
import type { Template } from '../load/template.js';
import { type Figure, type Findings, QUIET } from '../report.js';
import { listBillers, listPayments, openPayment, openWithoutKey, postBack, readPayment } from '../requests.js';
import { alternate, compareQuiet, figuresOf, type Part, ratio } from '../rounds.js';

/** Few enough that latency is work and not waiting. */
const CONNECTIONS = 2;
const TURN_SECONDS = 0.15;
const MOST_A_TURN = 400;
/** The quieter half of the rounds counts, and the first are none of it: they warm up what is still cold. */
const WARMTH = 0.3;
/** Nothing was asked of the two platforms before, and an opening goes through more code than the rest. */
const FIRST_WARMTH = 0.7;

interface Operation {
  readonly name: string;
  readonly expect: number;
  readonly template: (played: Played, paymentId: string) => Template;
  readonly postback?: boolean;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'open a payment', expect: 201, template: ({ biller }) => openPayment(biller) },
  { name: 'take a postback', expect: 204, template: ({ biller }) => postBack(biller.guid), postback: true },
  { name: 'read one payment', expect: 200, template: ({ biller }, id) => readPayment(biller, id) },
  { name: 'list payments', expect: 200, template: ({ biller }) => listPayments(biller) },
  { name: 'list billers, administrator', expect: 200, template: () => listBillers(ADMIN_KEY) },
];

/** The same work on a fresh database and on a grown one. */
export async function measureGrowth(bench: Bench): Promise<Findings> {
  const { small, large, options, stage } = bench;
  const ids = new Map([small, large].map((played) => [played, firstPayment(played)]));
  const shown = ({ billers, payments }: { billers: number; payments: number }) =>
    `${billers.toLocaleString('en')} billers, ${payments.toLocaleString('en')} payments`;
  const [few, many] = ['10 billers, 10 payments', shown(options.large)];
  const figures: Figure[] = [];
  const worst = { name: '', value: 0, between: { low: 0, high: 0 }, spread: spreadOf([0]) };
  for (const { name, expect, template, postback } of OPERATIONS) {
    const part = async (who: string, played: Played): Promise<Part> => ({
      who,
      contestants: [played.platform],
      template: template(played, (await ids.get(played)) ?? ''),
      expect,
      pace: closed(TURN_SECONDS, CONNECTIONS, MOST_A_TURN),
      ...(postback && {
        prepare: async (most: number) => {
          const from = stage.reserve(most);
          await played.rows.preparePayments(played.biller, from, most, stage.partnerUrl);
          return from;
        },
        settle: () => untilIdle(played.rows),
      }),
    });
    const parts = [await part(few, small), await part(many, large)];
    const rounds = await alternate(
      bench,
      `growth: ${name}`,
      parts,
      figures.length === 0 ? FIRST_WARMTH : WARMTH,
      options.manyRounds.p50,
    );
    figures.push(...figuresOf(`${name}, ${CONNECTIONS} connections`, rounds));
    const grown = compareQuiet(rounds, many, few, 'p50', (one, other) => one / other);
    if (grown.value > worst.value) Object.assign(worst, grown, { name, spread: ratio(rounds, many, few, 'p50') });
  }
  return {
    figures,
    targets: [
      {
        name: 'growth: p50 on the grown database over the fresh one',
        unit: '×',
        value: worst.value,
        between: worst.between,
        spread: worst.spread,
        atMost: 1.2,
        note: `the worst of ${OPERATIONS.length}: ${worst.name}; ${QUIET}`,
      },
    ],
  };
}

async function firstPayment({ platform, biller }: Played): Promise<string> {
  const { path, headers, body } = openWithoutKey(biller);
  const answer = await fetch(platform.url + path, {
    method: 'POST',
    headers: { ...headers },
    body: body?.replace('{n}', 'first') ?? null,
  });
  return ((await answer.json()) as { id: string }).id;
}
