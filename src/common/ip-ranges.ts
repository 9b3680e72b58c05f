import ipaddr from 'ipaddr.js';

/** @returns why it is neither an address nor a CIDR range, or undefined when it is one */
export function refuseRange(text: string): string | undefined {
  const sound = text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
  return sound ? undefined : 'must be an IP address or a CIDR range, such as 203.0.113.0/24';
}
