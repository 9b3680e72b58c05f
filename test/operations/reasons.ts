import { readFileSync, statSync } from 'node:fs';

const WARN = 40;

interface Line {
  readonly level?: number;
  readonly msg?: string;
  readonly code?: string;
  readonly err?: { readonly code?: string; readonly message?: string };
  readonly error?: string;
}

/** How far each log had been written when a row began. */
export function marks(logFiles: readonly string[]): Map<string, number> {
  return new Map(logFiles.map((file) => [file, sizeOf(file)]));
}

/** What the processes have warned of since, oftenest first: why a row is not at zero. */
export function reasons(logFiles: readonly string[], since: ReadonlyMap<string, number>, most = 6): string[] {
  const counts = new Map<string, number>();
  for (const file of logFiles) {
    if (sizeOf(file) === 0) continue;
    const text = readFileSync(file)
      .subarray(since.get(file) ?? 0)
      .toString('utf8');
    for (const line of text.split('\n')) {
      const word = shortened(line);
      if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([word, times]) => `${times} × ${word}`);
}

function shortened(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const line = JSON.parse(text) as Line & Readonly<Record<string, unknown>>;
    if ((line.level ?? WARN) < WARN) return undefined;
    const code = line.code ?? line.err?.code ?? '';
    const error = line.err?.message ?? (typeof line.error === 'string' ? line.error : '');
    return [line.msg, code, error]
      .filter((part) => part)
      .join(' | ')
      .slice(0, 200);
  } catch {
    // Not of the log: the words of a process that could not start.
    return /error/i.test(text) ? text.slice(0, 200) : undefined;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
