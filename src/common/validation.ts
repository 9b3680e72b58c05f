import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldError, InvalidRequest } from './platform-error.js';

/** Strict with callers: an unknown field is an error that names it. */
export const validation = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
  exceptionFactory: (errors) => InvalidRequest.of(errors.flatMap((error) => fieldErrors(error, ''))),
});

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const field = (parent ? `${parent}.${error.property}` : error.property).replace(/\p{Cc}/gu, '?').slice(0, 120);
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    reason: rule === 'whitelistValidation' ? 'is not a field of this request' : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}
