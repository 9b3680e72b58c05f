import { refuseUrl, type UrlPolicy } from '../common/outbound-url.js';
import type { SettingDefinition } from './setting.entity.js';

/** @returns why a value does not fit its definition, or undefined when it does */
export function refuseValue(
  { type, choices }: Pick<SettingDefinition, 'type' | 'choices'>,
  value: string,
  urls: UrlPolicy,
): string | undefined {
  switch (type) {
    case 'url':
      return refuseUrl(value, urls);
    case 'number':
      return /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? undefined : 'must be a number, such as 42 or 0.5';
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : 'must be true or false';
    case 'choice':
      return choices?.includes(value) ? undefined : `must be one of: ${(choices ?? []).join(', ')}`;
    case 'text':
      return /\p{Cc}/u.test(value) ? 'must not hold control characters' : undefined;
  }
}
