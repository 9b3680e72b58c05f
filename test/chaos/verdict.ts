import type { Checks } from './checks.js';
import type { Comparison } from './compare.js';
import type { World } from './world.js';

/** Three zeros for a chapter, and everything else that must not be. */
export async function verdict(
  checks: Checks,
  chapter: string,
  worlds: readonly World[],
  withinMs?: number,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const world of worlds) comparisons.push(await world.compare(withinMs));
  const all = (pick: (comparison: Comparison) => readonly string[]) => comparisons.flatMap(pick);
  const sum = (pick: (comparison: Comparison) => number) => comparisons.reduce((total, one) => total + pick(one), 0);
  const { stage } = worlds[0] ?? {};
  const moved = sum(({ counts }) => counts.moved);
  const told = `${sum(({ counts }) => counts.paid)} / ${sum(({ counts }) => counts.receipts)}`;
  const zeros = {
    lost: all(({ lost }) => lost),
    doubled: all(({ doubled }) => doubled),
    'wrongly paid': all(({ wronglyPaid }) => wronglyPaid),
  };
  checks.figure(chapter, 'money moved / payments paid / partner told', `${moved} / ${told}`);
  checks.count('money moved', moved);
  for (const [what, wrong] of Object.entries(zeros)) {
    checks.none(chapter, what, wrong);
    checks.count(what, wrong.length);
  }
  const missing = all((comparison) => comparison.missing).length;
  checks.count('missing', missing);
  if (missing > 0) checks.figure(chapter, 'missing: posted back once, to a process that died', missing);
  if (!stage) return comparisons;
  const partnerIds = [...new Set(worlds.map(({ partnerId }) => partnerId))];
  const [left, parked] = [await stage.tables.backlog(partnerIds), await stage.tables.parked(partnerIds)];
  checks.add(chapter, 'backlog at the end', left + parked === 0, `${left} waiting, ${parked} parked`);
  checks.none(chapter, 'answers that nothing explains', [
    ...worlds.flatMap(({ problems }) => problems),
    ...stage.partner.forged.map((id) => `a message without a valid signature: ${id}`),
  ]);
  return comparisons;
}

/** What stands at the end of the table: all chapters together. */
export function total(checks: Checks): void {
  checks.figure('in all', 'times that money moved', checks.total('money moved'));
  checks.figure('in all', 'missing by design: posted back once, to a process that died', checks.total('missing'));
  for (const what of ['lost', 'doubled', 'wrongly paid']) {
    checks.add('in all', what, checks.total(what) === 0, checks.total(what));
  }
}
