import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import type { PlatformError } from './platform-error.js';

export class FieldErrorView {
  /** Path in the request's own names. */
  @ApiProperty({ example: 'Customers[0].Invoices[0].BalanceDue' }) field: string;
  /** What is wrong and what would be accepted. */
  @ApiProperty({ example: 'must have at most two decimals' }) reason: string;
  /** With policy violations: the value sent. */
  @ApiProperty({ required: false }) sent?: string;
  /** With policy violations: the value allowed. */
  @ApiProperty({ required: false }) allowed?: string;
}

/** Problem details (RFC 9457). */
export class ProblemView {
  @ApiProperty({ example: 'urn:billbridge:error:invalid_request' }) type: string;
  @ApiProperty({ example: 'The request is not valid' }) title: string;
  @ApiProperty({ example: 400 }) status: number;
  /** Stable; docs/errors.md lists them all. */
  @ApiProperty({ example: 'invalid_request' }) code: string;
  /** What happened and what to do next. */
  @ApiProperty() detail: string;
  /** Tell it to the operator; the log has it too. */
  @ApiProperty({ format: 'uuid' }) requestId: string;
  @ApiProperty({ type: [FieldErrorView], required: false }) errors?: FieldErrorView[];
  /** What was done before the failure and stays done. The same request does not do it again. */
  @ApiProperty({ type: [String], required: false }) completed?: string[];
  /** Of health: what would have to be the case. */
  @ApiProperty({ type: [String], required: false }) missing?: string[];
}

type ErrorClass = (abstract new (...args: never[]) => PlatformError) &
  Pick<typeof PlatformError, 'code' | 'status' | 'title'>;

/** The framework's own refusals, where a route takes a body. */
const OF_BODIES = [
  { status: 400, code: 'malformed_request', title: 'The body is not valid JSON' },
  { status: 413, code: 'body_too_large', title: 'The body is larger than 64 KiB' },
  { status: 415, code: 'unsupported_media_type', title: 'The body is not application/json' },
];
/** Every route needs the database. */
const OF_US = [
  { status: 500, code: 'internal_error', title: 'Something went wrong on our side' },
  { status: 503, code: 'database_unavailable', title: 'The database is away' },
];

interface ProblemOptions {
  /** Adds the errors of reading a body. */
  readonly takesBody?: boolean;
  /** Where the errors have another form than problem details. */
  readonly content?: Readonly<Record<string, { schema: { $ref: string } }>>;
}

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemView' } } };

/** Documents the errors that a route can answer, by status with their codes. */
export function ApiProblems(
  errors: readonly ErrorClass[],
  { takesBody = false, content = PROBLEM }: ProblemOptions = {},
) {
  const byStatus = new Map<number, string[]>();
  for (const { status, code, title } of [...errors, ...(takesBody ? OF_BODIES : []), ...OF_US]) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${title}`]);
  }
  const responses = [...byStatus].map(([status, lines]) =>
    ApiResponse({ status, description: lines.join('<br>'), content }),
  );
  return applyDecorators(...responses);
}
