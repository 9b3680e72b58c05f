import { crc32 } from 'node:zlib';

/** One message as it is kept. */
export interface Kept {
  /** UUIDv7. */
  readonly id: string;
  /** UUID of what it is about. */
  readonly subject: string;
  /** When it came, by the clock of the process that took it. Milliseconds. */
  readonly at: number;
  /** Whoever keeps it knows what stands in it, and seals what nobody else may read. */
  readonly body: string;
}

/** Part of a file: a message, what was one, or an end that was never flushed. */
export type Piece =
  | { readonly kind: 'message'; readonly message: Kept }
  | { readonly kind: 'damaged'; readonly bytes: Buffer }
  | { readonly kind: 'torn'; readonly bytes: Buffer };

const NEWLINE = 0x0a;
/** Hex digits of the checksum, and a blank. */
const HEAD = 9;

/**
 * One line: CRC-32 of the rest in hex, a blank, and JSON of the message. JSON holds no line break, so whoever meets a damaged line
 * goes on behind it.
 */
export function frameOf({ id, subject, at, body }: Kept): Buffer {
  const text = JSON.stringify([id, subject, at, body]);
  return Buffer.from(`${crc32(text).toString(16).padStart(8, '0')} ${text}\n`, 'utf8');
}

/** @returns undefined for a line that is not as it was written */
export function readFrame(line: Buffer): Kept | undefined {
  const text = line.subarray(HEAD);
  if (line.toString('latin1', 0, HEAD) !== `${crc32(text).toString(16).padStart(8, '0')} `) return undefined;
  const [id, subject, at, body] = JSON.parse(text.toString('utf8')) as [string, string, number, string];
  return { id, subject, at, body };
}

/**
 * What stands in a file. An end without a line break was being written when its process died: it was never flushed, and so nobody
 * was told that it is kept.
 */
export function* piecesOf(bytes: Buffer): Generator<Piece> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end < 0) return void (yield { kind: 'torn', bytes: bytes.subarray(from) });
    const line = bytes.subarray(from, end);
    const message = readFrame(line);
    yield message ? { kind: 'message', message } : { kind: 'damaged', bytes: line };
    from = end + 1;
  }
}
