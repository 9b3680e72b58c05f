import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const POSTGRES = '/usr/lib/postgresql';

/** Debian's packages, and the program that shows that one is there. */
const PROGRAMS: Readonly<Record<string, string>> = {
  patroni: '/usr/bin/patroni',
  'etcd-server': '/usr/bin/etcd',
  haproxy: '/usr/sbin/haproxy',
  pgbouncer: '/usr/sbin/pgbouncer',
};

/** The user that PostgreSQL runs as, which refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Programs {
  readonly patroni: string;
  readonly etcd: string;
  readonly haproxy: string;
  readonly pgbouncer: string;
  /** The folder of `postgres`, `initdb` and `pg_ctl`. */
  readonly postgresBin: string;
  /** Undefined: as ourselves. */
  readonly account: Account | undefined;
}

/** @returns the programs, or the one line that says what is missing and how to get it */
export async function findPrograms(): Promise<Programs | string> {
  const postgresBin = newestPostgres();
  const missing = Object.entries(PROGRAMS).flatMap(([name, path]) => (existsSync(path) ? [] : [name]));
  if (postgresBin === undefined) missing.push('postgresql-15');
  if (missing.length > 0 || postgresBin === undefined) {
    return `The operations laboratory needs Debian's packages, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing: apt-get install -y ${missing.join(' ')}`;
  }
  return {
    patroni: '/usr/bin/patroni',
    etcd: '/usr/bin/etcd',
    haproxy: '/usr/sbin/haproxy',
    pgbouncer: '/usr/sbin/pgbouncer',
    postgresBin,
    account: process.getuid?.() === 0 ? await postgresAccount() : undefined,
  };
}

/** What each program says of its version, for the report's head. */
export async function versions({ patroni, etcd, haproxy, pgbouncer, postgresBin }: Programs): Promise<string> {
  const ask = async (name: string, program: string): Promise<string> => {
    const { stdout, stderr } = await execute(program, [name === 'HAProxy' ? '-v' : '--version']);
    return `${name} ${/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? '?'}`;
  };
  const all = await Promise.all([
    ask('PostgreSQL', join(postgresBin, 'postgres')),
    ask('Patroni', patroni),
    ask('etcd', etcd),
    ask('HAProxy', haproxy),
    ask('PgBouncer', pgbouncer),
  ]);
  return all.join(', ');
}

function newestPostgres(): string | undefined {
  const found = (existsSync(POSTGRES) ? readdirSync(POSTGRES) : [])
    .map(Number)
    .filter((version) => version >= 15 && existsSync(join(POSTGRES, String(version), 'bin/postgres')));
  return found.length > 0 ? join(POSTGRES, String(Math.max(...found)), 'bin') : undefined;
}

/** Debian's package makes this user. */
async function postgresAccount(): Promise<Account> {
  const [uid, gid] = await Promise.all([execute('id', ['-u', 'postgres']), execute('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
