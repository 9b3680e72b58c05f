import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** How strict we are about URLs that others give us. Loopback is for a developer's own machine, never for production. */
export interface UrlPolicy {
  readonly production: boolean;
}

const LOCAL_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|corp)$/;

/**
 * Checks a URL that a partner or an administrator gave us, by its text alone: what its name resolves to is checked when
 * we connect (`guardedLookup`), since it may change in between.
 * @returns why it is refused, or undefined when it is fine
 */
export function refuseUrl(text: string, policy: UrlPolicy): string | undefined {
  if (text.length > 2048) return 'must be at most 2048 characters long';
  // WHATWG parsing drops tabs and newlines and trims; we would forward another text than the one we judged.
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'must be a URL without spaces, backslashes or control characters';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'must be an absolute URL, such as https://example.com/path';
  }
  if (url.protocol !== 'https:' && (policy.production || url.protocol !== 'http:')) {
    return policy.production ? 'must be an https URL' : 'must be an http or https URL';
  }
  if (url.username || url.password) return 'must not hold a user name or password';
  return refuseHost(url.hostname, policy);
}

function refuseHost(hostname: string, policy: UrlPolicy): string | undefined {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  // The URL parser has brought every spelling of an address into its usual one.
  if (isIP(host) !== 0) return refuseAddress(host, policy);
  if (host === 'localhost' && !policy.production) return undefined;
  // A URL parser lets more pass for a host than DNS knows; ours also go into security policies.
  if (!/^[a-z0-9_.-]+$/.test(host)) return 'must name a host by letters, digits, dots and dashes';
  if (LOCAL_NAMES.test(host) || !host.includes('.')) return 'must not name a host of a private network';
  return undefined;
}

/** Refuses loopback (but outside production), private, link-local (metadata), CGNAT, mapped and reserved addresses. */
export function refuseAddress(address: string, policy: UrlPolicy): string | undefined {
  // process() unwraps ::ffff:10.0.0.1, which would otherwise pass as a public IPv6 address.
  const parsed = ipaddr.process(address);
  // ::10.0.0.1, the IPv4-compatible form, counts as unicast, and some systems still route it.
  const compatible =
    parsed.kind() === 'ipv6' &&
    parsed
      .toByteArray()
      .slice(0, 12)
      .every((byte) => byte === 0);
  const range = compatible && parsed.range() === 'unicast' ? 'reserved' : parsed.range();
  if (range === 'unicast') return undefined;
  if (range === 'loopback' && !policy.production) return undefined;
  return `must not point to a ${range} address`;
}

export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * A `lookup` for sockets that refuses what the policy refuses, so that the address judged is the address connected to
 * (a name that answers a public address first and a private one later gets nowhere).
 */
export function guardedLookup(policy: UrlPolicy) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = addresses.find(({ address }) => refuseAddress(address, policy));
      if (refused) return callback(new AddressRefused(`${hostname} resolves to an address that is not allowed`), []);
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      if (!first) return callback(new AddressRefused(`${hostname} resolves to nothing`), []);
      callback(null, first.address, first.family);
    });
  };
}
