import ipaddr from 'ipaddr.js';

/** @returns why it is neither an address nor a CIDR range, or undefined when it is one */
export function refuseRange(text: string): string | undefined {
  const sound = text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
  return sound ? undefined : 'must be an IP address or a CIDR range, such as 203.0.113.0/24';
}

/** Whether an address is in one of the ranges; an empty list allows every address. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  if (ranges.length === 0) return true;
  const parsed = ipaddr.process(address);
  return ranges.some((range) => {
    const [network, bits] = range.includes('/')
      ? ipaddr.parseCIDR(range)
      : ([ipaddr.process(range), undefined] as const);
    if (network.kind() !== parsed.kind()) return false;
    return parsed.match(network, bits ?? (parsed.kind() === 'ipv4' ? 32 : 128));
  });
}
