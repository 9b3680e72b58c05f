import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ask, askJson } from '../chaos/http.js';
import { freePort } from '../chaos/ports.js';
import { until } from '../chaos/time.js';
import { Component } from './component.js';
import type { Etcd } from './etcd.js';
import type { Folder } from './folder.js';
import { Member } from './member.js';
import type { Programs } from './packages.js';
import { filled, writeOwn } from './templates.js';

const USER = 'patroni';

/** As Patroni's REST interface tells it. */
interface Told {
  readonly name: string;
  readonly role: 'leader' | 'replica' | 'sync_standby';
  readonly state: string;
  readonly timeline?: number;
  /** Bytes behind the leader. */
  readonly lag?: number | 'unknown';
}

/** Two members under Patroni, made from deploy/patroni/patroni.yml. */
export class Patroni {
  readonly superuserPassword = randomBytes(18).toString('hex');
  private readonly restPassword = randomBytes(18).toString('hex');
  private readonly replicationPassword = randomBytes(18).toString('hex');
  members: readonly Member[] = [];

  constructor(
    private readonly folder: Folder,
    private readonly programs: Programs,
    private readonly etcd: Etcd,
  ) {}

  /** @param dataFolder makes the folder in which a member's data lie */
  async start(dataFolder: (name: string) => Promise<string>): Promise<void> {
    this.members = [await this.make('db1', dataFolder), await this.make('db2', dataFolder)];
    const [first, second] = this.members as [Member, Member];
    first.patroni.start();
    if (!(await until(() => first.isPrimary(), 90_000, 200))) throw new Error(`no primary:\n${first.patroni.tail()}`);
    second.patroni.start();
    await this.healthy();
  }

  /** The member that says that it is the primary. @throws Error when none does in time */
  async primary(withinMs = 60_000): Promise<Member> {
    const found = await until(
      async () => {
        for (const member of this.members) if (await member.isPrimary()) return member;
        return undefined;
      },
      withinMs,
      200,
    );
    if (!found) throw new Error('no member is the primary');
    return found;
  }

  /** The other one. */
  async standby(): Promise<Member> {
    const primary = await this.primary();
    return this.members.find((member) => member !== primary) as Member;
  }

  /**
   * Waits until there is a primary and a standby that follows it. Starts the Patronis that were killed. Patroni looks every second
   * meanwhile, so that this takes less of a run's time.
   */
  async healthy(withinMs = 150_000): Promise<void> {
    for (const { patroni } of this.members) if (!patroni.runs) patroni.start();
    if (isWell(await this.told().catch(() => []))) return;
    await until(() => this.configure({ loop_wait: 1 }).then(() => true), withinMs, 300);
    const well = await until(async () => isWell(await this.told()), withinMs, 300);
    if (!well) {
      const said = this.members.map(({ name, patroni }) => `${name}: ${patroni.tail(6)}`).join('\n');
      throw new Error(`the cluster does not get well: ${JSON.stringify(await this.told().catch(String))}\n${said}`);
    }
    await this.configure({ loop_wait: 10 });
  }

  async told(): Promise<readonly Told[]> {
    const primary = await this.primary(1_000);
    const { members } = await askJson<{ members: readonly Told[] }>(`http://127.0.0.1:${primary.restPort}/cluster`);
    return members;
  }

  /** `patronictl switchover`: answered when it has been done. */
  async switchover(): Promise<void> {
    const primary = await this.primary();
    const standby = await this.standby();
    const answer = await ask(`http://127.0.0.1:${primary.restPort}/switchover`, {
      headers: this.authorization(),
      body: { leader: primary.name, candidate: standby.name },
      timeoutMs: 60_000,
    });
    if (answer.status !== 200) throw new Error(`the switchover was answered ${answer.status}: ${answer.text}`);
  }

  /** `patronictl edit-config`: what all members go by. */
  async configure(change: object): Promise<void> {
    const primary = await this.primary();
    await askJson(`http://127.0.0.1:${primary.restPort}/config`, {
      method: 'PATCH',
      headers: this.authorization(),
      body: change,
    });
  }

  private authorization(): Record<string, string> {
    return { authorization: `Basic ${Buffer.from(`${USER}:${this.restPassword}`).toString('base64')}` };
  }

  private async make(name: string, dataFolder: (name: string) => Promise<string>): Promise<Member> {
    const { account, patroni, postgresBin } = this.programs;
    const home = await this.folder.own(name);
    const data = join(await dataFolder(name), 'data');
    const [port, restPort] = [await freePort(), await freePort()];
    const config = join(home, 'patroni.yml');
    const text = await filled('patroni.yml', {
      CLUSTER: 'billbridge',
      MEMBER: name,
      ADDRESS: '127.0.0.1',
      REST_PORT: restPort,
      REST_PASSWORD: this.restPassword,
      ETCD_HOSTS: this.etcd.address,
      PG_PORT: port,
      PG_BIN: postgresBin,
      PG_DATA: data,
      PGPASS_FILE: join(home, 'pgpass'),
      SUPERUSER_PASSWORD: this.superuserPassword,
      REPLICATION_PASSWORD: this.replicationPassword,
      NETWORK: '127.0.0.0/8',
      SOCKET_DIR: home,
    });
    await writeOwn(config, text, account);
    const component = new Component(this.folder, { name, command: patroni, args: [config], account });
    return new Member(name, port, restPort, data, component, account);
  }
}

/** A leader, and a standby on its timeline that has all that it has and may take its place. */
function isWell(members: readonly Told[]): boolean {
  const leader = members.find(({ role }) => role === 'leader');
  const standby = members.find(({ role }) => role === 'sync_standby');
  return (
    leader?.state === 'running' &&
    (standby?.state === 'running' || standby?.state === 'streaming') &&
    standby.timeline === leader.timeline &&
    standby.lag === 0
  );
}
