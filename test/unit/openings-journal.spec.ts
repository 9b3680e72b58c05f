import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Alerts } from '../../src/common/alerts.js';
import { newId } from '../../src/common/id.js';
import { SecretBox } from '../../src/common/secret-box.js';
import { Sweepers } from '../../src/common/sweepers.js';
import { ConfigError, type Config } from '../../src/config/config.js';
import { AppendFile, openLine, sealLine } from '../../src/journal/append-file.js';
import { keysOfJournal, readJournal } from '../../src/journal/journal-reader.js';
import { OpeningsJournal } from '../../src/journal/openings-journal.js';
import { holesOf } from '../../src/restore/holes.js';
import { eventually } from '../support/eventually.js';

const HOUR_MS = 3_600_000;
const box = new SecretBox([{ id: 'one', bytes: Buffer.alloc(32, 1) }]);
const alerts = new Alerts();
const sweepers = new Sweepers(0.05);
const journals: OpeningsJournal[] = [];
let root: string;

beforeAll(() => {
  Logger.overrideLogger(false);
  root = mkdtempSync(join(tmpdir(), 'billbridge-journal-'));
});
afterAll(async () => {
  sweepers.onModuleDestroy();
  await sweepers.beforeApplicationShutdown();
  for (const journal of journals) await journal.onApplicationShutdown();
  rmSync(root, { recursive: true });
});

const newFolder = (): string => join(root, randomUUID());

async function start(dir: string, megabytes = 100): Promise<OpeningsJournal> {
  const journal = new OpeningsJournal({ journal: { dir, megabytes } } as Config, box, alerts, sweepers);
  await journal.onModuleInit();
  journals.push(journal);
  return journal;
}

interface Opening {
  readonly id: string;
  readonly n: number;
}

async function read(dir: string, since = new Date(0), by = box) {
  const openings: Opening[] = [];
  const findings = await readJournal<Opening>(dir, since, by, (batch) => Promise.resolve(void openings.push(...batch)));
  return { openings: openings.sort((a, b) => a.n - b.n), findings };
}

const logsOf = (dir: string): string[] => readdirSync(dir).map((name) => join(dir, name));

describe('the journal of openings', () => {
  it('gives back what was written, of several processes in one folder, and shows nothing of it', async () => {
    const dir = newFolder();
    const [one, other] = [await start(dir), await start(dir)];
    const made = Array.from({ length: 1_200 }, (_, n) => ({ id: newId(), n, who: 'canary-payer' }));
    await Promise.all(made.map(async (opening) => (opening.n % 2 ? one : other).append(opening.id, opening)));
    const { openings, findings } = await read(dir);
    expect(openings).toEqual(made);
    expect(findings).toMatchObject({ files: 2, gaps: [], damaged: 0, unreadable: 0, begins: expect.any(Date) });
    for (const path of logsOf(dir)) expect(readFileSync(path, 'utf8')).not.toContain('canary');
    expect(await keysOfJournal(dir)).toEqual(new Map([['one', 1_200]]));
    expect(holesOf([{ folder: dir, ...findings }], new Date(), 0)).toEqual([]);
  });

  it('reads what was opened since a time, and not all that is older', async () => {
    const dir = newFolder();
    const journal = await start(dir);
    await journal.append(newId(), { n: 1 });
    expect((await read(dir, new Date(Date.now() + 2 * HOUR_MS))).openings).toEqual([]);
    expect((await read(dir, new Date())).openings).toHaveLength(1);
  });

  it('is whole where its writer died within a line, and says so where a line was altered', async () => {
    const dir = newFolder();
    const journal = await start(dir);
    for (let n = 0; n < 3; n += 1) await journal.append(newId(), { n });
    const [path = ''] = logsOf(dir);
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, whole.slice(-400, -200));
    expect((await read(dir)).findings.damaged).toBe(0);
    writeFileSync(path, whole);
    truncateSync(path, whole.length - 50);
    expect(await read(dir)).toMatchObject({ openings: [{ n: 0 }, { n: 1 }], findings: { damaged: 0 } });
    const lines = whole.split('\n');
    // Not its last character, of which some bits say nothing.
    const altered = lines[1]?.replace(/.(.{8})$/, (end, rest: string) => `${end.startsWith('A') ? 'B' : 'A'}${rest}`);
    writeFileSync(path, [lines[0], altered, ...lines.slice(2)].join('\n'));
    const { findings } = await read(dir);
    expect(findings.damaged).toBe(1);
    expect(holesOf([{ folder: 'f', ...findings }], new Date(), 0)).toEqual(['f: 1 lines are damaged.']);
  });

  it('says which openings need another key', async () => {
    const dir = newFolder();
    await (await start(dir)).append(newId(), { n: 1 });
    const { openings, findings } = await read(
      dir,
      new Date(0),
      new SecretBox([{ id: 'two', bytes: Buffer.alloc(32, 2) }]),
    );
    expect(openings).toEqual([]);
    expect(findings.unreadable).toBe(1);
    expect(holesOf([{ folder: 'f', ...findings }], new Date(), 0)[0]).toMatch(/1 openings need a key/);
  });

  it('fails no opening when the disk does: it notes what is missing, tells, and goes on in a new file', async () => {
    const dir = newFolder();
    const journal = await start(dir);
    await journal.append(newId(), { n: 1 });
    // The disk goes away under the file.
    const file = Reflect.get(journal, 'file') as AppendFile;
    await (Reflect.get(file, 'handle') as FileHandle).close();
    await journal.append(newId(), { n: 2 });
    expect(alerts.standing()).toEqual([
      expect.objectContaining({
        kind: 'journal-failing',
        detail: expect.stringMatching(/^1 openings since .* \(EBADF\)\.$/),
      }),
    ]);
    await eventually('it has noted what is missing', () => alerts.standing().length === 0);
    await journal.append(newId(), { n: 3 });
    const { openings, findings } = await read(dir);
    expect(openings.map(({ n }) => n)).toEqual([1, 3]);
    expect(findings.gaps).toEqual([expect.objectContaining({ count: 1 })]);
    expect(holesOf([{ folder: 'f', ...findings }], new Date(), 0)[0]).toMatch(
      /^f: 1 openings from .* were not written\.$/,
    );
    expect(holesOf([{ folder: 'f', ...findings }], new Date(Date.now() + HOUR_MS), 0)).toEqual([]);
  });

  it('keeps a week, and less where that is too much, by whole hours from the oldest on', async () => {
    const dir = newFolder();
    mkdirSync(dir);
    const name = (hoursAgo: number, process: string): string =>
      join(dir, `openings-${new Date(Date.now() - hoursAgo * HOUR_MS).toISOString().slice(0, 13)}-${process}-1.log`);
    const older = [name(9 * 24, 'aaaaaaaa'), name(7 * 24 + 3, 'bbbbbbbb')];
    const big = [name(30, 'aaaaaaaa'), name(30, 'bbbbbbbb')];
    const young = [name(20, 'aaaaaaaa'), name(1, 'aaaaaaaa')];
    for (const path of [...older, ...big, ...young]) writeFileSync(path, Buffer.alloc(700_000));
    writeFileSync(join(dir, 'of-somebody-else.log'), Buffer.alloc(9_000_000));
    await start(dir, 2);
    await eventually('the old ones are gone', () => [...older, ...big].every((path) => !existsSync(path)));
    for (const path of young) expect(existsSync(path)).toBe(true);
    expect(existsSync(join(dir, 'of-somebody-else.log'))).toBe(true);
  });

  it('that can not be begun stops the start, and names the setting', async () => {
    const path = join(root, 'a-file');
    writeFileSync(path, '');
    const wrong = new OpeningsJournal(
      { journal: { dir: join(path, 'x'), megabytes: 1 } } as Config,
      box,
      alerts,
      sweepers,
    );
    await expect(wrong.onModuleInit()).rejects.toThrow(ConfigError);
    await expect(wrong.onModuleInit()).rejects.toThrow(/JOURNAL_DIR can't be written \(ENOTDIR\)/);
  });
});

describe('the holes of journals', () => {
  const sound = { folder: 'f', files: 1, gaps: [], damaged: 0, unreadable: 0 };
  const at = (ms: number): Date => new Date(Date.UTC(2026, 10, 28) + ms);
  it.each([
    ['there is none', [], /There is no journal/],
    ['it is empty', [{ ...sound, begins: undefined }], /The journal is empty/],
    ['it begins later', [{ ...sound, begins: at(1) }], /begins at 2026-11-28T00:00:00.001Z, after that time/],
  ])('are told where %s', (_, journals, told) => {
    expect(holesOf(journals, at(0), 0)).toEqual([expect.stringMatching(told)]);
  });

  it('are told where another process wrote elsewhere', () => {
    expect(holesOf([{ ...sound, begins: at(0) }], at(0), 0)).toEqual([]);
    expect(holesOf([{ ...sound, begins: at(0) }], at(0), 2)).toEqual([
      expect.stringMatching(/^2 payments .* no journal/),
    ]);
  });
});

describe('a line', () => {
  it('is known to be what was written', () => {
    const line = sealLine('opening x y');
    expect(openLine(line)).toBe('opening x y');
    for (let i = 0; i < line.length; i += 1) {
      expect(openLine(line.slice(0, i) + '~' + line.slice(i + 1))).toBeUndefined();
      expect(openLine(line.slice(0, i))).toBeUndefined();
    }
  });
});
