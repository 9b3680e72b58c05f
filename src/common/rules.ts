import { ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';

/** May be left out. Unlike IsOptional, null is not the same as left out: it is judged like any other value. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** Text of 1 to `most` characters without control characters, which PostgreSQL or a log would stumble over. */
export const IsText = (most: number, options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isText',
      validator: {
        validate: (value) =>
          typeof value === 'string' &&
          value.trim() !== '' &&
          value.length <= most &&
          value.isWellFormed() &&
          !/\p{Cc}/u.test(value),
        defaultMessage: () => `$property must be text of 1 to ${most} characters without control characters`,
      },
    },
    options,
  );

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A day or a time of ISO 8601 that exists; a time says its zone. */
export const IsTime = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isTime',
      validator: {
        validate: (value) => typeof value === 'string' && TIME.test(value) && isDay(value) && !isNaN(Date.parse(value)),
        defaultMessage: () =>
          '$property must be an ISO 8601 time with its zone, such as 2026-01-31T00:00:00Z, or a day',
      },
    },
    options,
  );

/** Date.parse takes February 30 for a day in March. */
const isDay = (text: string): boolean =>
  new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(text.slice(8, 10));
