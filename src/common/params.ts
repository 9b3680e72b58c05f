import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { isId } from './id.js';
import { InvalidRequest } from './platform-error.js';

/** A UUID in the path. @throws InvalidRequest naming the parameter */
@Injectable()
export class IdParam implements PipeTransform<unknown, string> {
  transform(value: unknown, { data = 'id' }: ArgumentMetadata): string {
    if (isId(value)) return value.toLowerCase();
    throw InvalidRequest.of([{ field: data, reason: 'must be a UUID' }]);
  }
}

/** As far as PostgreSQL's integer goes. */
const MOST = 2_147_483_647;

/** A whole number in the path. @throws InvalidRequest naming the parameter */
@Injectable()
export class NumberParam implements PipeTransform<unknown, number> {
  transform(value: unknown, { data = 'number' }: ArgumentMetadata): number {
    // The validation pipe has made a number of it before, or NaN.
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST) return value;
    throw InvalidRequest.of([{ field: data, reason: `must be a whole number up to ${MOST}` }]);
  }
}
