import { ValidateBy, type ValidationOptions } from 'class-validator';
import { refuseRange } from '../common/ip-ranges.js';

/** An IP address or a CIDR range. */
export const IsIpRange = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isIpRange',
      validator: {
        validate: (value) => typeof value === 'string' && refuseRange(value) === undefined,
        defaultMessage: () => '$property must hold IP addresses or CIDR ranges, such as 203.0.113.0/24',
      },
    },
    options,
  );
