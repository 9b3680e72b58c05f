/** What a PostgreSQL says, in its protocol's version 3, for servers that a test plays. */

const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};

const int = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};

export const AUTHENTICATION_OK = message('R', Buffer.alloc(4));
export const READY = message('Z', Buffer.from('I'));

export const errorMessage = (severity: string, code: string, text: string): Buffer =>
  message('E', Buffer.from(`S${severity}\0C${code}\0M${text}\0\0`));

/** One row of texts, and that the server is ready again. */
export function rowMessage(row: Readonly<Record<string, string | null>>): Buffer {
  const names = Object.keys(row);
  const TEXT = 25;
  const fields = names.map((name) =>
    Buffer.concat([Buffer.from(`${name}\0`), int(0, 4), int(0, 2), int(TEXT, 4), int(-1, 2), int(-1, 4), int(0, 2)]),
  );
  const values = Object.values(row).map((value) =>
    value === null ? int(-1, 4) : Buffer.concat([int(Buffer.byteLength(value), 4), Buffer.from(value)]),
  );
  return Buffer.concat([
    message('T', Buffer.concat([int(names.length, 2), ...fields])),
    message('D', Buffer.concat([int(names.length, 2), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ]);
}

/** What the platform asks first: a primary, which does not say which one. */
export const GREETING = rowMessage({ standby: '', readOnly: '', system: null, timeline: null, pid: '1' });
