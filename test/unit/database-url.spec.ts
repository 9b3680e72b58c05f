import { Client } from 'pg';
import { readDatabaseUrl } from '../../src/config/database-url.js';

const hosts = (text: string) => readDatabaseUrl(text).hosts.map(({ host, port }) => `${host} ${port}`);

describe('DATABASE_URL', () => {
  test.each([
    ['one host', 'postgres://u:p@db.example.com/x', ['db.example.com 5432']],
    ['one host and port', 'postgresql://u:p@127.0.0.1:5433/x?sslmode=require', ['127.0.0.1 5433']],
    ['IPv6', 'postgres://u:p@[::1]:5433/x', ['::1 5433']],
    [
      'several hosts',
      'postgres://u:p@a:5433,b,[::1]:5434/x?target_session_attrs=read-write',
      ['a 5433', 'b 5432', '::1 5434'],
    ],
    ['several hosts as parameters', 'postgres://u:p@/x?host=a,b&port=5433,5434', ['a 5433', 'b 5434']],
    ['one port for all hosts', 'postgres://u:p@/x?host=a,b&port=5433', ['a 5433', 'b 5433']],
    ['a socket', 'postgres://u:p@/x?host=/run/postgresql', ['/run/postgresql 5432']],
    ['a socket, encoded', 'postgres://u:p@%2Frun%2Fpostgresql:5433/x', ['/run/postgresql 5433']],
    [
      'a socket and a host',
      'postgres:///x?host=/run/postgresql,b&target_session_attrs=primary',
      ['/run/postgresql 5432', 'b 5432'],
    ],
  ])('may name %s', (_, text, expected) => {
    expect(hosts(text)).toEqual(expected);
    const [first] = readDatabaseUrl(text).hosts;
    const { host, port, database } = new Client(readDatabaseUrl(text).connectionString);
    expect([host, port, database]).toEqual([first?.host, first?.port, 'x']);
  });

  test('keeps user, password, database and what the driver knows, whichever way the hosts are named', () => {
    const { connectionString } = readDatabaseUrl(
      'postgres://u%40x:p%2Fw@a:1,b:2/some%20db?application_name=n&target_session_attrs=read-write&load_balance_hosts=random',
    );
    expect(new Client(connectionString)).toMatchObject({
      user: 'u@x',
      password: 'p/w',
      host: 'a',
      port: 1,
      database: 'some db',
      connectionParameters: { application_name: 'n' },
    });
  });

  test.each([
    ['http://a/x', /beginning with postgres/],
    ['postgres://u:p@a:b/x', /host or port/],
    ['postgres://u:p@a:99999/x', /port that is none/],
    ['postgres://u:p@/x?host=a,b,c&port=1,2', /one port for all/],
    ['postgres://u:p@a,b/x?target_session_attrs=standby', /takes writes/],
    ['postgres://u:p@a b/x', /read/],
  ])('is refused without being repeated: %s', (text, problem) => {
    expect(() => readDatabaseUrl(text)).toThrow(problem);
    expect(() => readDatabaseUrl(text)).not.toThrow(/u:p/);
  });
});
