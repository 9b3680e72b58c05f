import * as nodeFiles from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { newId } from '../../src/common/id.js';
import { NotKept, SpoolFull } from '../../src/spool/errors.js';
import { frameOf, type Kept, type Piece, piecesOf } from '../../src/spool/frames.js';
import { SpoolFiles, type Place } from '../../src/spool/spool-files.js';
import { SpoolFolder } from '../../src/spool/spool-folder.js';
import { eventually } from '../support/eventually.js';

const MIB = 1024 * 1024;
// What it says of a disk that fails is not for the tests' own output.
Logger.overrideLogger(false);

const made: string[] = [];
afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));

async function newRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'spool-test-'));
  made.push(root);
  return root;
}

const message = (body = 'sealed'): Kept => ({ id: newId(), subject: newId(), at: 1_764_000_000_000, body });

/** @throws Error where the spool was lost */
async function appended(files: SpoolFiles, ...messages: Kept[]): Promise<Place[]> {
  const places = await Promise.all(messages.map((one) => files.append(one)));
  return places.map((place) => {
    if (place === 'lost') throw new Error('lost');
    return place;
  });
}

async function piecesIn(root: string, name: string): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of new SpoolFolder(root).read(name)) pieces.push(piece);
  return pieces;
}
const kinds = (pieces: readonly Piece[]): string[] => pieces.map(({ kind }) => kind);

describe('frames', () => {
  const [one, two] = [message('a\nb "c" é支'), message('')];

  it('read back what was written', () => {
    const pieces = [...piecesOf(Buffer.concat([frameOf(one), frameOf(two)]))];
    expect(pieces).toEqual([
      { kind: 'message', message: one },
      { kind: 'message', message: two },
    ]);
  });

  it('know an end that was not written to its last byte, wherever it was cut', () => {
    const whole = Buffer.concat([frameOf(one), frameOf(two)]);
    const first = frameOf(one).length;
    for (let length = first + 1; length < whole.length; length += 1) {
      expect(kinds([...piecesOf(whole.subarray(0, length))])).toEqual(['message', 'torn']);
    }
    // As a file system may leave it after a crash.
    expect(kinds([...piecesOf(Buffer.concat([frameOf(one), Buffer.alloc(100)]))])).toEqual(['message', 'torn']);
  });

  it('know a damaged one by any of its bytes, and go on behind it', () => {
    const frame = frameOf(one);
    for (let at = 0; at < frame.length - 1; at += 1) {
      const damaged = Buffer.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ 0x80;
      expect(kinds([...piecesOf(Buffer.concat([damaged, frameOf(two)]))])).toEqual(['damaged', 'message']);
    }
  });
});

describe('the files of a spool', () => {
  it('are one folder and one file, which nobody else may read', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, MIB);
    const one = message();
    const [place] = await appended(files, one);
    expect((await stat(join(root, id))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, id, '000001.spool'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(root, id, '000001.spool'))).toEqual(frameOf(one));
    expect(place && (await files.read(place))).toEqual(one);
    await files.close();
  });

  it('flush once for many that come at the same time', async () => {
    let flushes = 0;
    const root = await newRoot();
    const files = await SpoolFiles.make(root, newId(), MIB, {
      ...nodeFiles,
      open: async (...given: Parameters<typeof nodeFiles.open>) => {
        const handle = await nodeFiles.open(...given);
        const datasync = handle.datasync.bind(handle);
        return Object.assign(handle, { datasync: () => ((flushes += 1), datasync()) });
      },
    });
    const many = Array.from({ length: 200 }, () => message());
    const places = await appended(files, ...many);
    expect(flushes).toBeLessThanOrEqual(3);
    expect(await Promise.all(places.map((place) => files.read(place)))).toEqual(many);
    await files.close();
  });

  it('are deleted when nothing in them waits, and begun anew', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, MIB);
    const [one, two] = (await appended(files, message(), message())) as [Place, Place];
    files.release(one);
    expect(await readdir(join(root, id))).toContain('000001.spool');
    files.release(two);
    expect(files.bytes).toBe(0);
    await appended(files, message());
    expect((await readdir(join(root, id))).filter((name) => name.endsWith('.spool'))).toEqual(['000002.spool']);
    await files.delete();
    expect(await readdir(root)).toEqual([]);
  });

  it('are several, each deleted by itself', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, 64 * MIB);
    const places: Place[] = [];
    for (let n = 0; n < 5; n += 1) places.push(...(await appended(files, message('x'.repeat(3 * MIB)))));
    const names = async () => (await readdir(join(root, id))).filter((name) => name.endsWith('.spool'));
    expect(await names()).toHaveLength(3);
    for (const place of places.slice(2, 4)) files.release(place);
    await eventually('the second is gone', async () => (await names()).join() === '000001.spool,000003.spool');
    await files.close();
  });

  it('take no more than their quota, but for what must not be refused', async () => {
    const files = await SpoolFiles.make(await newRoot(), newId(), 10_000);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => files.append(message('x'.repeat(2_000)))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SpoolFull);
    expect(await files.append(message('x'.repeat(2_000)), true)).toMatchObject({ length: expect.any(Number) });
    await files.close();
  });
});

describe('a disk that fails', () => {
  /** @param failing what fails, as long as it says so */
  async function made(failing: { write?: string; datasync?: string }) {
    const root = await newRoot();
    const id = newId();
    const fail = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
    const files = await SpoolFiles.make(root, id, MIB, {
      ...nodeFiles,
      open: async (...given: Parameters<typeof nodeFiles.open>) => {
        const handle = await nodeFiles.open(...given);
        const write = handle.write.bind(handle) as (...bytes: unknown[]) => Promise<unknown>;
        const datasync = handle.datasync.bind(handle);
        const half = async (bytes: Buffer, from: number, length: number, at: number) => {
          // The first half arrives, as on a disk with a little room.
          if (failing.write) await write(bytes, from, Math.trunc(length / 2), at);
          return failing.write ? fail(failing.write) : write(bytes, from, length, at);
        };
        return Object.assign(handle, {
          write: half,
          datasync: () => (failing.datasync ? fail(failing.datasync) : datasync()),
        });
      },
    });
    return { root, id, files };
  }

  it.each([
    ['is full', { write: 'ENOSPC' }],
    ['can not be written', { write: 'EIO' }],
    ['can not be flushed', { datasync: 'EIO' }],
  ])('keeps nothing while it %s, and what it takes later stands in a file of its own', async (_, kind) => {
    const failing: { write?: string; datasync?: string } = {};
    const { root, id, files } = await made(failing);
    const before = message();
    await appended(files, before);
    Object.assign(failing, kind);
    const refused = await Promise.allSettled([files.append(message()), files.append(message())]);
    for (const result of refused) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(NotKept);
    }
    delete failing.write;
    delete failing.datasync;
    const after = message();
    const [place] = await appended(files, after);
    expect(place && (await files.read(place))).toEqual(after);
    const pieces = await piecesIn(root, id);
    const kept = pieces.flatMap((piece) => (piece.kind === 'message' ? [piece.message.id] : []));
    expect(kept[0]).toBe(before.id);
    expect(kept.at(-1)).toBe(after.id);
    expect(kinds(pieces)).not.toContain('damaged');
    await files.close();
  });
});

describe('a spool that is taken away', () => {
  it('takes nothing more, whether its folder was renamed or is gone', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, MIB);
    const one = message();
    await appended(files, one);
    const folder = new SpoolFolder(root);
    const [other] = await folder.others(undefined);
    expect(other).toMatchObject({ id, name: id });
    const by = newId();
    const name = other && (await folder.take(other, by));
    expect(name).toBe(`${id}~${by}`);
    // It is in the file, and whoever has taken it may have read to the end by now.
    expect(await files.append(message())).toBe('lost');
    expect(await files.touch()).toBe(false);
    await folder.delete(name ?? '');
    expect(await files.append(message())).toBe('lost');
    await files.close();
  });

  it('is taken by one of two who try at the same time', async () => {
    const root = await newRoot();
    const files = await SpoolFiles.make(root, newId(), MIB);
    const folder = new SpoolFolder(root);
    const [other] = await folder.others(undefined);
    if (!other) throw new Error('no spool');
    const taken = await Promise.all(Array.from({ length: 8 }, () => folder.take(other, newId())));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const [left] = await folder.others(undefined);
    expect(left?.name).toBe(taken.find(Boolean));
    // And by the next one, if that one dies too.
    expect(left && (await folder.take(left, newId()))).toMatch(new RegExp(`^${other.id}~`));
    await files.close();
  });

  it('is read file by file, with what is damaged set aside and the end left out', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, MIB);
    const messages = Array.from({ length: 3 }, () => message());
    await appended(files, ...messages);
    await files.close();
    const path = join(root, id, '000001.spool');
    const bytes = await readFile(path);
    const second = frameOf(messages[0]).length + 20;
    bytes[second] = (bytes[second] ?? 0) ^ 1;
    await writeFile(path, Buffer.concat([bytes, frameOf(message()).subarray(0, 30)]));
    await writeFile(join(root, id, '000000.spool'), frameOf(message()));
    const pieces = await piecesIn(root, id);
    expect(kinds(pieces)).toEqual(['message', 'message', 'damaged', 'message', 'torn']);
    const damaged = pieces[2];
    const folder = new SpoolFolder(root);
    expect(await folder.asides()).toEqual([]);
    if (damaged?.kind !== 'damaged') throw new Error('not damaged');
    const name = await folder.setAside(id, '000001.spool', damaged.bytes);
    expect(await folder.asides()).toEqual([name]);
    expect(await readFile(join(root, 'set-aside', name))).toEqual(damaged.bytes);
    // What else stands in SPOOL_DIR is nobody's spool.
    expect((await folder.others(undefined)).map(({ id: found }) => found)).toEqual([id]);
  });

  it('is not taken for another when its folder comes back under its name', async () => {
    const root = await newRoot();
    const id = newId();
    const files = await SpoolFiles.make(root, id, MIB);
    await appended(files, message());
    await rename(join(root, id), join(root, 'elsewhere'));
    const twin = await SpoolFiles.make(root, id, MIB);
    await appended(twin, message());
    expect(await files.append(message())).toBe('lost');
    await files.close();
    await twin.close();
  });
});
