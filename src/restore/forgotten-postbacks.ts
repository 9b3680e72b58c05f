import type { EntityManager } from 'typeorm';
import type { SecretBox } from '../common/secret-box.js';
import { type RawPostback, readPostback } from '../postbacks/postback-message.js';
import { type Candidate, candidatesFor, saidIn } from '../postbacks/strays.js';

/** A message that came to an address that no payment of this database has. */
export interface ForgottenPostback {
  readonly id: string;
  readonly receivedAt: Date;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly said: Readonly<Record<string, string>>;
  readonly candidates: readonly Candidate[];
}

/** So many are shown; the administrator's list has them all. */
const MOST = 200;

/** The oldest first, with their content opened as far as money hangs on it. */
export async function forgottenPostbacks(
  manager: EntityManager,
  box: SecretBox,
  since: Date,
): Promise<{ readonly total: number; readonly shown: readonly ForgottenPostback[] }> {
  const where = `payment_id is null and decided_at is null and received_at >= $1`;
  const [counted] = await manager.query<[{ n: number }]>(`select count(*)::int as n from postbacks where ${where}`, [
    since,
  ]);
  const rows = await manager.query<(Omit<ForgottenPostback, 'said' | 'candidates'> & { rawSealed: string })[]>(
    `select id, received_at as "receivedAt", verdict, reasons, raw_sealed as "rawSealed" from postbacks
     where ${where} order by received_at, id limit ${MOST}`,
    [since],
  );
  const shown: ForgottenPostback[] = [];
  for (const { rawSealed, ...row } of rows) {
    const message = readPostback(JSON.parse(box.open(rawSealed, row.id, 'raw')) as RawPostback);
    shown.push({ ...row, said: saidIn(message), candidates: await candidatesFor(manager, message) });
  }
  return { total: counted.n, shown };
}
