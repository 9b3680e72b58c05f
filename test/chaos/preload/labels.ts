import { createHash } from 'node:crypto';

const TABLES = /\b(?:from|into|update|join)\s+"?([a-z_][\w.]*)"?/g;
const NO_TABLES = new Set(['select', 'skip', 'only', 'unnest', 'set', 'of', 'lateral']);

/** A statement without its values: the same for every execution. */
export function normalised(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/\$\d+/g, '?')
    .replace(/\b\d+(?:\.\d+)?\b/g, '?')
    .replace(/\(\s*\?(?:\s*,\s*\?)*\s*\)/g, '(?)');
}

/** Begin, commit and rollback say nothing of what they are for; everything else does. */
export function boundaryOf(sql: string): 'begin' | 'commit' | 'rollback' | undefined {
  const text = sql.trim().replace(/;$/, '').toLowerCase();
  if (/^(begin|start transaction)( transaction| work)?$/.test(text)) return 'begin';
  if (/^(commit|end)( transaction| work)?$/.test(text)) return 'commit';
  return /^rollback( transaction| work)?$/.test(text) ? 'rollback' : undefined;
}

/** Short enough to read, and different for different statements: verb, tables, and a digest of the rest. */
export function statementName(sql: string): string {
  const text = normalised(sql);
  const verb = /^(?:with|begin)\b.*?\b(select|insert|update|delete)\b/.exec(text)?.[1] ?? text.split(/[\s(;]/)[0];
  const tables = [...text.matchAll(TABLES)].map((match) => match[1] ?? '').filter((name) => !NO_TABLES.has(name));
  const lock = / for (?:no key )?update/.test(text) ? ' for update' : '';
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 4);
  return `${verb} ${[...new Set(tables)].slice(0, 2).join(' ')}${lock} #${digest}`.replace('  ', ' ');
}
