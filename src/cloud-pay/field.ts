import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

/** What a field of the CPv2 request holds. */
export type FieldKind =
  | { readonly kind: 'text'; readonly most: number; readonly identifier: boolean }
  | { readonly kind: 'integer'; readonly least: number; readonly most: number }
  | { readonly kind: 'amount' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'date' }
  | { readonly kind: 'url' }
  | { readonly kind: 'object'; readonly of: () => FieldClass }
  | { readonly kind: 'list'; readonly of: () => FieldClass };

export type FieldSpec = FieldKind & { readonly name: string; readonly required: boolean };

/** Any class whose properties are fields. */
export type FieldClass = new () => object;

const registry = new WeakMap<FieldClass, FieldSpec[]>();

/** The fields of a class in the order they are declared, which is the order they take on the wire. */
export function fieldsOf(owner: FieldClass): readonly FieldSpec[] {
  return registry.get(owner) ?? [];
}

interface FieldOptions {
  readonly required?: boolean;
  readonly example?: unknown;
  /** A number of the partner's own, of which one in ten passes for a card's. */
  readonly identifier?: boolean;
}

function field(kind: FieldKind, schema: object, { required = false, example }: FieldOptions): PropertyDecorator {
  return applyDecorators(
    (target: object, property: string | symbol) => {
      const owner = target.constructor as FieldClass;
      const fields = registry.get(owner) ?? [];
      registry.set(owner, [...fields, { ...kind, name: String(property), required }]);
    },
    ApiProperty({ required, ...schema, ...(example !== undefined && { example }) }),
  );
}

/** Text of at most `most` characters, without control characters. A whole number is read as its digits. */
export const TextField = (most: number, options: FieldOptions = {}) =>
  field({ kind: 'text', most, identifier: options.identifier ?? false }, { type: 'string', maxLength: most }, options);

export const IntegerField = (least: number, most: number, options: FieldOptions = {}) =>
  field({ kind: 'integer', least, most }, { type: 'integer', minimum: least, maximum: most }, options);

/** Dollars with at most two decimals, as a number or as text. */
export const AmountField = (options: FieldOptions = {}) =>
  field(
    { kind: 'amount' },
    {
      oneOf: [
        { type: 'number', minimum: 0, multipleOf: 0.01 },
        { type: 'string', pattern: '^\\d+(\\.\\d{1,2})?$' },
      ],
    },
    options,
  );

/** true, false, or these as text. */
export const FlagField = (options: FieldOptions = {}) => field({ kind: 'flag' }, { type: 'boolean' }, options);

/** M/d/yyyy, MM/dd/yyyy or yyyy-MM-dd. */
export const DateField = (options: FieldOptions = {}) => field({ kind: 'date' }, { type: 'string' }, options);

export const UrlField = (options: FieldOptions = {}) =>
  field({ kind: 'url' }, { type: 'string', format: 'uri', maxLength: 2048 }, options);

export const ObjectField = (of: () => FieldClass, options: FieldOptions = {}) =>
  field({ kind: 'object', of }, { type: () => of() }, options);

export const ListField = (of: () => FieldClass, options: FieldOptions = {}) =>
  field({ kind: 'list', of }, { type: () => of(), isArray: true, minItems: 1, maxItems: 1 }, options);
