/** One place where PostgreSQL may be: a name or address, or the folder of a unix socket. */
export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

export interface DatabaseUrl {
  /** In the order in which they were given. */
  readonly hosts: readonly DatabaseHost[];
  /** With one host, which the driver understands: as it was given where there is one, else with the first. Holds the password. */
  readonly connectionString: string;
}

const SHAPE = /^(postgres(?:ql)?):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(\[[\da-f:.]+\]|[^:[\]]*)(?::(\d{0,5}))?$/i;
/** The platform writes, so that all of these mean the same to it: the server that takes writes. */
const TAKEN = ['any', 'read-write', 'primary'];
/** What is understood here, and not by the driver. */
const OWN = ['host', 'port', 'hostaddr', 'target_session_attrs', 'load_balance_hosts'];

/**
 * Reads a URL as libpq does: several hosts with commas, in the authority or in `host` and `port`; a socket's folder in `host`, or
 * percent-encoded in the authority.
 * @throws Error that says what is wrong, without the value
 */
export function readDatabaseUrl(text: string): DatabaseUrl {
  const [, scheme, user, authority = '', database = '', query = ''] = SHAPE.exec(text) ?? [];
  if (scheme === undefined) throw new Error('must be a URL beginning with postgres:// or postgresql://');
  const parameters = new URLSearchParams(query);
  const session = parameters.get('target_session_attrs') ?? 'any';
  if (!TAKEN.includes(session)) {
    throw new Error('must lead to a server that takes writes: target_session_attrs=read-write');
  }
  const hosts = hostsOf(authority, parameters.get('host'), parameters.get('port'));
  if (hosts.length < 2 && !parameters.has('host')) {
    if (!hosts[0]?.host.startsWith('/') && !URL.canParse(text)) throw new Error('must be a URL that can be read');
    return { hosts, connectionString: text };
  }
  for (const name of OWN) parameters.delete(name);
  const [first] = hosts;
  parameters.set('host', first?.host ?? '');
  parameters.set('port', String(first?.port));
  const own = `${scheme}://${user === undefined ? '' : `${user}@`}/${database}?${parameters.toString()}`;
  return { hosts, connectionString: own };
}

function hostsOf(authority: string, named: string | null, numbered: string | null): DatabaseHost[] {
  const places = authority.split(',').map((place) => HOST.exec(place));
  if (places.includes(null)) throw new Error('has a host or port that can not be read; hosts are host:port,host:port');
  const names = named?.split(',') ?? places.map((place) => decodeURIComponent(place?.[1] ?? ''));
  const ports = numbered?.split(',') ?? places.map((place) => place?.[2] ?? '');
  if (ports.length !== names.length && ports.length !== 1) {
    throw new Error('must name one port for all hosts, or one for each');
  }
  return names.map((name, index) => {
    const port = Number((ports.length === 1 ? ports[0] : ports[index]) || 5432);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('has a port that is none');
    return { host: name.replace(/^\[(.*)\]$/, '$1') || 'localhost', port };
  });
}
