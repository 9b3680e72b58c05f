import type { EntityManager } from 'typeorm';
import { hashOf, type Link } from './chain.js';

export interface Verified {
  readonly events: number;
  /** What does not fit, by sequence number; empty when the chain is whole. */
  readonly findings: readonly { readonly seq: string; readonly finding: string }[];
}

const BATCH = 1000;

type Row = Link & { readonly prevHash: Buffer; readonly hash: Buffer };

/** Reads the whole chain and names every event that was altered, removed or put in between. */
export function verifyChain(manager: EntityManager): Promise<Verified> {
  // One picture of rows and head, whatever is appended in between.
  return manager.transaction('REPEATABLE READ', walk);
}

async function walk(manager: EntityManager): Promise<Verified> {
  const findings: { seq: string; finding: string }[] = [];
  let events = 0;
  let last = { seq: 0n, hash: Buffer.from([0]) as Buffer };
  for (;;) {
    const rows = await manager.query<Row[]>(
      `select seq, id, at, actor, action, target, before, after, ip, request_id as "requestId",
              prev_hash as "prevHash", hash
       from audit_events where seq > $1 order by seq limit ${BATCH}`,
      [String(last.seq)],
    );
    for (const row of rows) {
      const seq = BigInt(row.seq);
      if (seq !== last.seq + 1n) findings.push({ seq: String(last.seq + 1n), finding: 'removed' });
      else if (!row.prevHash.equals(last.hash))
        findings.push({ seq: row.seq, finding: 'does not follow the one before' });
      if (!hashOf(row.prevHash, row).equals(row.hash)) findings.push({ seq: row.seq, finding: 'altered' });
      last = { seq, hash: row.hash };
      events += 1;
    }
    if (rows.length < BATCH) break;
  }
  const [head] = await manager.query<{ seq: string; hash: Buffer }[]>(`select seq, hash from audit_head`);
  if (!head || BigInt(head.seq) !== last.seq || !head.hash.equals(last.hash)) {
    findings.push({ seq: String(last.seq + 1n), finding: 'the end of the chain is not the one that was recorded' });
  }
  return { events, findings };
}
