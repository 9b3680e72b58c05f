import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../common/platform-error.js';

/** The `Idempotency-Key` header. @throws InvalidRequest when it is there and not usable */
export const IdempotencyKeyHeader = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const key = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw InvalidRequest.of([
    { field: 'Idempotency-Key', reason: 'must be 1 to 255 printable characters without spaces, such as a UUID' },
  ]);
});
