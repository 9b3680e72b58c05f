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

/** A whole number in the path. @throws InvalidRequest naming the parameter */
@Injectable()
export class NumberParam implements PipeTransform<unknown, number> {
  transform(value: unknown, { data = 'number' }: ArgumentMetadata): number {
    // The validation pipe has made a number of it before, or NaN.
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw InvalidRequest.of([{ field: data, reason: 'must be a whole number' }]);
  }
}
