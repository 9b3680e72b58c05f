import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { Client } from 'pg';
import { freePort } from '../chaos/ports.js';
import { until } from '../chaos/time.js';
import type { Folder } from './folder.js';
import { Haproxy } from './haproxy.js';
import type { Programs } from './packages.js';
import type { Patroni } from './patroni.js';
import { filled } from './templates.js';

/** The address by which PostgreSQL is reached, whichever member is the primary: HAProxy made from deploy/patroni/haproxy.cfg. */
export class Databases {
  private readonly password = randomBytes(18).toString('hex');
  private port = 0;
  /** Ours: the same servers by another door, so that we can look while the platform's door is shut. */
  private ownPort = 0;
  private config = '';

  private constructor(
    readonly haproxy: Haproxy,
    private readonly patroni: Patroni,
    /** As whom HAProxy runs. */
    private readonly user: string,
  ) {}

  static async start(folder: Folder, programs: Programs, patroni: Patroni): Promise<Databases> {
    const home = await folder.own('haproxy');
    const user = programs.account ? 'postgres' : userInfo().username;
    const databases = new Databases(new Haproxy(folder, home, 'haproxy-postgres', programs), patroni, user);
    await databases.configure(home);
    await databases.prepare();
    return databases;
  }

  /** What the platform is given. */
  get url(): string {
    return `postgres://billbridge:${this.password}@127.0.0.1:${this.port}/billbridge`;
  }

  /** Past HAProxy: both members by name, of which the one that takes writes is meant. */
  get hostsUrl(): string {
    const hosts = this.patroni.members.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `postgres://billbridge:${this.password}@${hosts}/billbridge?target_session_attrs=read-write`;
  }

  get ownUrl(): string {
    return `postgres://billbridge:${this.password}@127.0.0.1:${this.ownPort}/billbridge`;
  }

  /** The platform's door with a superuser's key, as an operator has it. */
  get operatorUrl(): string {
    return `postgres://postgres:${this.patroni.superuserPassword}@127.0.0.1:${this.ownPort}/billbridge`;
  }

  /** Both members are taken out of HAProxy, and what is open is cut. */
  async shut(): Promise<void> {
    for (const { name } of this.patroni.members) await this.haproxy.order(`disable server primary/${name}`);
    for (const { name } of this.patroni.members) await this.haproxy.order(`shutdown sessions server primary/${name}`);
  }

  async open(): Promise<void> {
    for (const { name } of this.patroni.members) await this.haproxy.order(`enable server primary/${name}`);
  }

  /** HAProxy stands still: connections stay open, new ones are taken, and not a byte comes through. */
  silence(on: boolean): void {
    this.haproxy.component.signal(on ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Connections to a member that is marked down live on, or are cut as the example has it. */
  async keepOldConnections(keep: boolean): Promise<void> {
    const text = keep ? this.config.replace(' on-marked-down shutdown-sessions', '') : this.config;
    await this.haproxy.configure(text);
    await this.reachable();
  }

  async query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  private async configure(home: string): Promise<void> {
    [this.port, this.ownPort] = [await freePort(), await freePort()];
    const [first, second] = this.patroni.members;
    const text = await filled('haproxy.cfg', {
      HAPROXY_USER: this.user,
      HAPROXY_SOCKET: `${home}/haproxy-postgres.sock`,
      LISTEN: `127.0.0.1:${this.port}`,
      MEMBER_1: first?.name ?? '',
      ADDRESS_1: '127.0.0.1',
      PG_PORT_1: first?.port ?? 0,
      REST_PORT_1: first?.restPort ?? 0,
      MEMBER_2: second?.name ?? '',
      ADDRESS_2: '127.0.0.1',
      PG_PORT_2: second?.port ?? 0,
      REST_PORT_2: second?.restPort ?? 0,
    });
    const door = text.slice(text.indexOf('listen primary'));
    const own = door
      .replace('listen primary', 'listen laboratory')
      .replace(`127.0.0.1:${this.port}`, `127.0.0.1:${this.ownPort}`);
    this.config = `${text}\n${own}`;
    await this.haproxy.configure(this.config);
  }

  /** As docs/operators.md has it: a role and a database. */
  private async prepare(): Promise<void> {
    const admin = this.operatorUrl.replace(/\/billbridge$/, '/postgres');
    await this.reachable();
    await this.query(
      admin,
      `create role billbridge login password '${this.password}'`,
      'create database billbridge owner billbridge',
    );
    await this.query(this.url, 'create schema laboratory', 'create table laboratory.probe (id text)');
  }

  /**
   * Until HAProxy leads to the primary and to nothing else. When it starts it takes every server for up, until the first check
   * says otherwise: for up to three seconds a connection may come to the standby.
   */
  async reachable(): Promise<void> {
    const there = await until(
      async () => {
        const servers = await this.haproxy.servers();
        const { name } = await this.patroni.primary(1_000);
        return this.patroni.members.every((member) =>
          ['primary', 'laboratory'].every(
            (door) => servers.get(`${door}/${member.name}`)?.startsWith('UP') === (member.name === name),
          ),
        );
      },
      60_000,
      200,
    );
    if (!there) throw new Error(`the primary can't be reached by HAProxy:\n${this.haproxy.component.tail()}`);
  }
}
