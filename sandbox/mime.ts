/** What a person reads of a mail. */
export interface ReadableMail {
  readonly subject: string;
  /** The plain text or, where there is none, the HTML as text. */
  readonly text: string;
}

interface Part {
  /** Lower-case name to unfolded value; the first of a name counts. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const DEPTH = 5;
/** The patterns that turn HTML into text are quadratic at worst. */
const HTML_CHARACTERS = 32_768;

/** Reads a mail (RFC 5322, 2045 to 2047) whose every character is one byte. Never throws: a broken mail shows as it is. */
export function readMail(raw: string): ReadableMail {
  const mail = split(raw);
  return {
    subject: decodeWords(mail.headers.get('subject') ?? ''),
    text: (textOf(mail, 'text/plain', DEPTH) ?? htmlToText(textOf(mail, 'text/html', DEPTH) ?? '')).trim(),
  };
}

function split(raw: string): Part {
  const end = raw.startsWith('\r\n') ? 0 : raw.indexOf('\r\n\r\n');
  const head = end < 0 ? raw : raw.slice(0, end);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r\n(?=[ \t])/g, '').split('\r\n')) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name !== undefined && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value ?? '');
  }
  return { headers, body: end < 0 ? '' : raw.slice(end).replace(/^(?:\r\n){1,2}/, '') };
}

/** The first part of the type, in the order of the mail. */
function textOf(part: Part, wanted: string, depth: number): string | undefined {
  const contentType = part.headers.get('content-type') ?? 'text/plain';
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const boundary = parameter(contentType, 'boundary');
  if (type.startsWith('multipart/') && boundary !== undefined && depth > 0) {
    for (const one of partsOf(part.body, boundary)) {
      const text = textOf(split(one), wanted, depth - 1);
      if (text !== undefined) return text;
    }
    return undefined;
  }
  if (type !== wanted || part.headers.get('content-disposition')?.trim().toLowerCase().startsWith('attachment')) {
    return undefined;
  }
  const encoding = part.headers.get('content-transfer-encoding')?.trim().toLowerCase();
  return decode(bytesOf(part.body, encoding), parameter(contentType, 'charset') ?? 'utf-8').replaceAll('\r\n', '\n');
}

/** By string and not by pattern: the boundary comes from the mail. */
function partsOf(body: string, boundary: string): readonly string[] {
  const [, ...parts] = `\r\n${body}`.split(`\r\n--${boundary}`);
  const closing = parts.findIndex((part) => part.startsWith('--'));
  return parts.slice(0, closing < 0 ? undefined : closing).map((part) => part.replace(/^[ \t]*\r\n/, ''));
}

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(header);
  return match?.[1] ?? match?.[2];
}

function bytesOf(body: string, encoding: string | undefined): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  const lines = body.split('\r\n').map((line) => line.trimEnd());
  return quotedBytes(lines.join('\r\n').replaceAll('=\r\n', ''));
}

function quotedBytes(text: string): Buffer {
  const bytes = text.replace(/=([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** RFC 2047: `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=`. The blanks between two encoded words are not part of the text. */
function decodeWords(header: string): string {
  const word = /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;
  if (!word.test(header)) return decode(Buffer.from(header, 'latin1'), 'utf-8');
  return header
    .replace(/(\?=)[ \t]+(?==\?)/g, '$1')
    .replace(word, (_all, charset: string, form: string, text: string) =>
      decode(
        form.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedBytes(text.replaceAll('_', ' ')),
        charset,
      ),
    );
}

function decode(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** Links keep their address, in parentheses after their words. What is left is text, and is escaped when it is shown. */
function htmlToText(markup: string): string {
  return markup
    .slice(0, HTML_CHARACTERS)
    .replace(/<(style|script|head)\b[^>]*>[^]*?<\/\1\s*>/gi, '')
    .replace(/\s+/g, ' ')
    .replace(/<a\b[^>]*?\bhref\s*=\s*["']([^"']*)["'][^>]*>([^]*?)<\/a\s*>/gi, '$2 ($1)')
    .replace(/<(?:br|\/p|\/div|\/h[1-6]|\/li|\/tr)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|amp|nbsp|#39);/g, (_all, name: string) => ENTITIES[name] ?? '')
    .replace(/[ \t]*\n[ \t]*/g, '\n');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', nbsp: ' ', '#39': "'" };
