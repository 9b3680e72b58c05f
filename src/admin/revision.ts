import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PlatformError } from '../common/platform-error.js';

export class RevisionMissing extends PlatformError {
  static override readonly code = 'if_match_missing';
  static override readonly status = 428;
  static override readonly title = 'If-Match is missing';
}

export class RevisionStale extends PlatformError {
  static override readonly code = 'if_match_unreadable';
  static override readonly status = 412;
  static override readonly title = 'If-Match is not an ETag of this resource';
}

/** The revision in `If-Match`. @throws RevisionMissing, RevisionStale */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (!header) throw new RevisionMissing('Read the biller, and send its ETag as If-Match, so that no change is lost.');
  const revision = /^"(\d{1,9})"$/.exec(header)?.[1];
  if (revision === undefined) throw new RevisionStale('Send the ETag as it was answered, such as "3", in its quotes.');
  return Number(revision);
});
