import type { ForgottenPostback } from './forgotten-postbacks.js';
import type { RestoreAnswer, RestoreQuestion } from './restore-check.js';

/** What `restore:check` prints, line by line. */
export function reportOf(
  { since, apply }: RestoreQuestion,
  answer: RestoreAnswer,
  postbacks: { readonly total: number; readonly shown: readonly ForgottenPostback[] },
): string[] {
  const { journals, remade, completed, known, orphaned, holes, unsettled, livedOn } = answer;
  const would = apply ? 'were' : 'would be';
  return [
    `What this database may have forgotten since ${since.toISOString()}:`,
    '',
    ...journals.map(
      ({ folder, files, begins }) => `Journal ${folder}: ${files} files, from ${begins?.toISOString() ?? 'never'} on.`,
    ),
    `${remade.length} payments are unknown here: they ${would} made again, open, with their pages.`,
    ...(completed.length > 0
      ? [`${completed.length} payments are known as begun: they ${would} given their pages.`]
      : []),
    `${known} payments of the journal are known.`,
    ...[...orphaned].map(
      ([billerId, n]) =>
        `${n} payments are of biller ${billerId}, which is unknown here: look for them at Invoice Cloud.`,
    ),
    '',
    ...(holes.length > 0
      ? [
          'The journals may not hold every opening:',
          ...holes.map((hole) => `  ${hole}`),
          `Openings of ${unsettled.length} billers ${would} refused (restore_unsettled), until an administrator has settled each, or its pages of that time have ended.`,
        ]
      : ['The journals hold every opening of that time. Nothing has to be refused.']),
    '',
    `${postbacks.total} PostBacks came since then for payments that are unknown here${postbacks.total > 0 ? ':' : '.'}`,
    ...postbacks.shown.flatMap(linesOf),
    ...(postbacks.total > postbacks.shown.length
      ? ['  … and more: GET /admin/v1/postbacks?withoutPayment=true, with verdict=held and verdict=rejected.']
      : []),
    ...(postbacks.total > 0
      ? ['Accept each that you find at Invoice Cloud: POST /admin/v1/postbacks/{id}/accept.']
      : []),
    '',
    ...(livedOn.payments > 0
      ? [
          `${livedOn.payments} payments of ${livedOn.billers} billers were open then and could be paid since. PostBacks that were`,
          'recorded for them in the database of before are forgotten, and Invoice Cloud sends none twice: reconcile those billers.',
          '',
        ]
      : []),
    apply ? 'Done.' : 'Nothing was changed. Run it again with --apply.',
  ];
}

function linesOf({ id, receivedAt, verdict, reasons, said, candidates }: ForgottenPostback): string[] {
  const content = Object.entries(said).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    `  ${id} ${receivedAt.toISOString()} ${verdict} ${reasons.join(' ')}`,
    `    ${content.join(' ')}`,
    ...candidates.map(
      (one) => `    perhaps for payment ${one.id}, ${one.status}, ${one.amountDueCents ?? '?'} cents due`,
    ),
  ];
}
