import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { AuditTrail } from '../audit/audit-trail.js';
import { Biller } from '../billers/biller.entity.js';
import { Payment } from '../cloud-pay/payment.entity.js';
import { SecretBox } from '../common/secret-box.js';
import type { Config } from '../config/config.js';
import { dataSourceOptions } from '../database/database.js';
import { Partner } from '../partners/partner.entity.js';
import { forgottenPostbacks } from './forgotten-postbacks.js';
import { RestoreCheck, type RestoreQuestion } from './restore-check.js';
import { reportOf } from './restore-report.js';

/** What was written behind the command can't be used. */
export class WrongArguments extends Error {}

const USAGE = `Usage: npm run restore:check -- --since TIME [--until TIME] [--journal FOLDER]… [--apply]
  --since    the time to which the database was restored, such as 2026-11-28T07:00:00Z
  --until    when the last process stopped that used the database of before; now, where it is left out
  --journal  a folder of a journal, once for each; JOURNAL_DIR where it is left out
  --apply    makes again what is missing; without it nothing is changed`;

/**
 * Says what a restored database may have forgotten, and makes it again where it is told to.
 * @param say prints a line
 * @returns whether nothing is left to do
 * @throws WrongArguments
 */
export async function restoreCheck(
  config: Config,
  args: readonly string[],
  say: (line: string) => void,
): Promise<boolean> {
  const question = read(config, args);
  for (const folder of question.journals) await refuseFolder(folder);
  const entities = [Payment, Biller, Partner];
  const dataSource = await new DataSource({ ...dataSourceOptions(config.databaseUrl, 2), entities }).initialize();
  try {
    const box = new SecretBox(config.encryptionKeys);
    const audit = new AuditTrail(dataSource, { forget: () => undefined });
    const answer = await new RestoreCheck(box, audit).run(question);
    const postbacks = await forgottenPostbacks(dataSource.manager, box, question.since);
    reportOf(question, answer, postbacks).forEach(say);
    const left = postbacks.total + answer.orphaned.size + answer.unsettled.length;
    return left === 0 && (question.apply || answer.remade.length + answer.completed.length === 0);
  } finally {
    await dataSource.destroy();
  }
}

function read(config: Config, args: readonly string[]): RestoreQuestion {
  const { since, until, journal, apply } = parsed(args);
  const journals = journal ?? (config.journal.dir === undefined ? [] : [config.journal.dir]);
  const question = {
    since: timeOf('--since', since),
    servedUntil: until === undefined ? new Date() : timeOf('--until', until),
    journals: journals.map((folder) => resolve(folder)),
    pageSeconds: config.hostedPageSeconds,
    apply: apply ?? false,
  };
  if (question.since > new Date()) throw new WrongArguments(`--since lies in the future.\n${USAGE}`);
  if (question.servedUntil < question.since) throw new WrongArguments(`--until lies before --since.\n${USAGE}`);
  return question;
}

function parsed(args: readonly string[]) {
  try {
    const options = {
      since: { type: 'string' },
      until: { type: 'string' },
      journal: { type: 'string', multiple: true },
      apply: { type: 'boolean' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new WrongArguments(`${(error as Error).message}\n${USAGE}`);
  }
}

async function refuseFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (error) {
    const { code = 'unknown' } = error as { code?: string };
    throw new WrongArguments(
      `The journal ${folder} can't be read (${code}). Name the folder that you have by --journal.`,
    );
  }
}

/** With its zone: an operator's clock may be in another one than the server's. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function timeOf(name: string, text: string | undefined): Date {
  const time = new Date(text ?? '');
  if (text === undefined || !TIME.test(text) || Number.isNaN(time.getTime())) {
    throw new WrongArguments(`${name} must be a time with its zone, such as 2026-11-28T07:00:00Z.\n${USAGE}`);
  }
  return time;
}
