import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Alerts } from '../common/alerts.js';
import { traceOf } from '../common/problem.js';
import { SecretBox } from '../common/secret-box.js';
import { Sweepers } from '../common/sweepers.js';
import { CONFIG, type Config, ConfigError } from '../config/config.js';
import { AppendFile } from './append-file.js';
import { beginLine, beginningOf, FIELD, gapLine, hourOf, nameOf, openingLine } from './journal-lines.js';

/** How long openings are kept. */
const KEPT_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;
/** A file is as large as this at most, so that the oldest can go when there is too much. Bytes. */
const MOST_OF_A_FILE = 64 * 1024 * 1024;
/** After an error, a new file is tried after so long. Milliseconds. */
const AGAIN_MS = 5_000;

/** Openings that could not be written. */
interface Gap {
  readonly from: Date;
  count: number;
}

/**
 * Every opening that was answered, in files beside the database: when the database is restored to an earlier time, the
 * payments that it has forgotten are made again from here (`restore:check`).
 *
 * An opening is answered when its line is on disk. The line is written while the database records the same, so that one waits
 * for the slower of both. A journal that can't be written delays nothing for more than two seconds and fails no opening: the gap
 * is noted, and raises an alert.
 */
@Injectable()
export class OpeningsJournal implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('journal');
  private readonly process = randomBytes(4).toString('hex');
  private readonly folder: string | undefined;
  private file: AppendFile | undefined;
  private making: Promise<AppendFile> | undefined;
  private hour = '';
  private count = 0;
  private gap: Gap | undefined;
  private refusal: { readonly at: number; readonly error: unknown } | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly box: SecretBox,
    private readonly alerts: Alerts,
    private readonly sweepers: Sweepers,
  ) {
    this.folder = config.journal.dir;
  }

  /** @throws ConfigError when the folder can't be written */
  async onModuleInit(): Promise<void> {
    if (this.folder === undefined) return;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await this.current();
    } catch (error) {
      const { code = 'unknown' } = error as { code?: string };
      throw new ConfigError([`JOURNAL_DIR can't be written (${code}); it is SPOOL_DIR/journal where only that is set`]);
    }
    this.sweepers.every('journal', [() => this.mend(), () => this.roll(), () => this.forget()]);
  }

  /**
   * Writes down an opening. Never throws, and resolves within about two seconds.
   * @param id of the payment
   * @returns undefined where there is no journal
   */
  append(id: string, opening: object): Promise<void> | undefined {
    return this.folder === undefined ? undefined : this.write(id, opening);
  }

  private async write(id: string, opening: object): Promise<void> {
    try {
      const line = openingLine(id, this.box.seal(JSON.stringify(opening), id, FIELD));
      await (await this.current()).append(line);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.gap ??= { from: new Date(), count: 0 };
    this.gap.count += 1;
    if (this.gap.count === 1) this.logger.error(traceOf(error), 'an opening is not in the journal');
    const { code = 'unknown' } = error as { code?: string };
    const since = this.gap.from.toISOString();
    this.alerts.raise('journal-failing', this.process, `${this.gap.count} openings since ${since} (${code}).`);
  }

  /** Notes what is missing, as soon as the disk takes it. */
  private async mend(): Promise<void> {
    const { gap } = this;
    if (!gap) return;
    const [counted, now] = [gap.count, new Date()];
    const file = await this.current().catch(() => undefined);
    const noted = await file?.append(gapLine(gap.from, now, counted)).then(
      () => true,
      () => false,
    );
    // More may have been lost meanwhile: then it is not over.
    if (!noted || gap.count !== counted) return;
    this.gap = undefined;
    this.alerts.clear('journal-failing', this.process);
  }

  /** Also in a quiet hour: what is removed must not be written to any more. */
  private async roll(): Promise<void> {
    await this.current();
  }

  /** The file of this hour. */
  private async current(): Promise<AppendFile> {
    const { file, making } = this;
    if (making) return making;
    const hour = hourOf(new Date());
    if (file?.usable && this.hour === hour && file.size < MOST_OF_A_FILE) return file;
    if (this.refusal && performance.now() < this.refusal.at + AGAIN_MS) return this.madeDo(this.refusal.error);
    const next = this.begin(hour, file);
    this.making = next;
    try {
      const made = await next;
      this.refusal = undefined;
      return made;
    } catch (error) {
      this.refusal = { at: performance.now(), error };
      return this.madeDo(error);
    } finally {
      this.making = undefined;
    }
  }

  /** The file of before is better than none. */
  private madeDo(error: unknown): AppendFile {
    if (this.file?.usable) return this.file;
    throw error;
  }

  private async begin(hour: string, last: AppendFile | undefined): Promise<AppendFile> {
    this.count += 1;
    const file = await AppendFile.create(join(this.folder ?? '', nameOf(hour, this.process, this.count)));
    try {
      await file.append(beginLine(new Date()));
    } catch (error) {
      await file.close();
      throw error;
    }
    this.file = file;
    this.hour = hour;
    // What is still being written to it is waited for by others than us.
    void last
      ?.close()
      .catch((error: unknown) => this.logger.warn(traceOf(error), 'a file of the journal was not closed'));
    return file;
  }

  /**
   * Removes files that are older than a week, and the oldest when there is too much: whole hours, so that what is left is whole
   * from its beginning on. Every process does so.
   */
  private async forget(): Promise<void> {
    const folder = this.folder ?? '';
    const hours = new Map<number, { readonly path: string; readonly size: number }[]>();
    let total = 0;
    for (const name of (await readdir(folder)).sort()) {
      const begins = beginningOf(name)?.getTime();
      if (begins === undefined) continue;
      const path = join(folder, name);
      const size = await sizeOf(path);
      total += size;
      hours.set(begins, [...(hours.get(begins) ?? []), { path, size }]);
    }
    const most = this.config.journal.megabytes * 1024 * 1024;
    const now = Date.now();
    for (const [begins, files] of hours) {
      const old = begins < now - KEPT_MS - HOUR_MS;
      // Of this hour and the one before, files may still be written to.
      if ((!old && total <= most) || begins > now - 2 * HOUR_MS) return;
      for (const { path, size } of files) {
        await rm(path, { force: true });
        total -= size;
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.making?.catch(() => undefined);
    await this.file?.close();
  }
}

/** Another process may have removed it. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
