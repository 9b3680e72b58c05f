/** A request that Invoice Cloud would refuse; the message is shown to the caller, so it never repeats a value. */
export class Refusal extends Error {
  constructor(
    message: string,
    /** REST v1's word for it (assumed). */
    readonly code = 'InvalidRequest',
    /** Fields that the answer carries besides Code and Message. */
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/**
 * A JSON object as Invoice Cloud reads it. Observed: names without regard to case, amounts as numbers or text, booleans
 * as `true` or `"true"`, dates as M/d/yyyy, MM/dd/yyyy or ISO. Null counts as absent (assumed).
 */
export class WireObject {
  private constructor(
    private readonly fields: ReadonlyMap<string, unknown>,
    private readonly path: string,
  ) {}

  static of(value: unknown, path = ''): WireObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Refusal(`${path || 'The request body'} must be a JSON object.`);
    }
    return new WireObject(new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field])), path);
  }

  text(name: string): string | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new Refusal(`${this.name(name)} must be text.`);
  }

  requiredText(name: string): string {
    const value = this.text(name)?.trim();
    if (!value) throw new Refusal(`${this.name(name)} is required.`);
    return value;
  }

  /** An amount in cents; at most two decimals, never negative. */
  cents(name: string): number | undefined {
    const value = this.text(name)?.trim();
    if (value === undefined || value === '') return undefined;
    const cents = parseCents(value);
    if (cents === undefined) throw new Refusal(`${this.name(name)} is not an amount.`);
    return cents;
  }

  /** An e-mail address, as far as its form can tell. */
  requiredEmail(name: string): string {
    const value = this.requiredText(name);
    if (!isEmail(value)) throw new Refusal(`${this.name(name)} is not an email address.`);
    return value;
  }

  /** Never trimmed: a blank at a password's end is part of it. */
  password(name: string): string | undefined {
    const value = this.field(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw new Refusal(`${this.name(name)} must be text.`);
  }

  requiredPassword(name: string): string {
    const value = this.password(name);
    if (value === undefined) throw new Refusal(`${this.name(name)} is required.`);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (text !== 'true' && text !== 'false') throw new Refusal(`${this.name(name)} must be true or false.`);
    return text === 'true';
  }

  /** A day, as yyyy-MM-dd. */
  day(name: string): string | undefined {
    const value = this.text(name)?.trim();
    if (value === undefined || value === '') return undefined;
    const day = parseDay(value);
    if (day === undefined) throw new Refusal(`${this.name(name)} is not a date.`);
    return day;
  }

  /** An http or https address. Anything else would be a script or a file that the payer's browser opens. */
  url(name: string): string | undefined {
    const value = this.text(name)?.trim();
    if (value === undefined || value === '') return undefined;
    const protocol = URL.parse(value)?.protocol;
    if (protocol !== 'http:' && protocol !== 'https:') throw new Refusal(`${this.name(name)} is not a URL.`);
    return value;
  }

  list(name: string): readonly WireObject[] | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new Refusal(`${this.name(name)} must be a list.`);
    return value.map((item, index) => WireObject.of(item, `${this.name(name)}[${index}]`));
  }

  /** An object within; undefined where it is absent. */
  object(name: string): WireObject | undefined {
    const value = this.field(name);
    return value === undefined ? undefined : WireObject.of(value, this.name(name));
  }

  private field(name: string): unknown {
    return this.fields.get(name.toLowerCase()) ?? undefined;
  }

  private name(field: string): string {
    return this.path ? `${this.path}.${field}` : field;
  }
}

export function isEmail(text: string): boolean {
  return /^[^\s@<>]+@[^\s@<>]+$/.test(text) && text.length <= 254;
}

/** `3`, `3.5` or `3.50` as cents; undefined for anything else, the exponents of very large numbers included. */
export function parseCents(text: string): number | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : undefined;
}

/** 300 as `3.00`, the PostBack's form of an amount. */
export function amount(cents: number): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** `2025-04-17` as `4/17/2025`, the form in which Invoice Cloud shows a day. */
export function shownDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${month}/${date}/${year}`;
}

/** Any of Invoice Cloud's forms of a day, as yyyy-MM-dd; undefined where it is none. */
export function parseDay(text: string): string | undefined {
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  const [year, month, date] = us ? [us[3], us[1], us[2]] : iso ? [iso[1], iso[2], iso[3]] : [];
  if (year === undefined || Number(year) === 0) return undefined;
  const day = new Date(0);
  // Not Date.UTC, which reads the year of the sentinel 1/1/0001 as 1901.
  day.setUTCFullYear(Number(year), Number(month) - 1, Number(date));
  const real = day.getUTCMonth() === Number(month) - 1 && day.getUTCDate() === Number(date);
  return real ? day.toISOString().slice(0, 10) : undefined;
}
