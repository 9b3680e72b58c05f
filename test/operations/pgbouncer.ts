import { join } from 'node:path';
import { freePort } from '../chaos/ports.js';
import { Component } from './component.js';
import type { Folder } from './folder.js';
import type { Programs } from './packages.js';
import { filled, writeOwn } from './templates.js';

/** PgBouncer in session mode, made from deploy/patroni/pgbouncer.ini. */
export class Pgbouncer {
  private constructor(
    readonly component: Component,
    readonly port: number,
  ) {}

  /** @param database the address that it leads to, with user and password */
  static async make(folder: Folder, { pgbouncer, account }: Programs, database: URL): Promise<Pgbouncer> {
    const home = await folder.own('pgbouncer');
    const users = join(home, 'userlist.txt');
    const file = join(home, 'pgbouncer.ini');
    const port = await freePort();
    await writeOwn(users, `"${database.username}" "${database.password}"\n`, account);
    const text = await filled('pgbouncer.ini', {
      PG_HOST: database.hostname,
      PG_PORT: database.port,
      BOUNCER_ADDRESS: '127.0.0.1',
      BOUNCER_PORT: port,
      AUTH_FILE: users,
    });
    await writeOwn(file, text, account);
    const component = new Component(folder, { name: 'pgbouncer', command: pgbouncer, args: [file], account });
    return new Pgbouncer(component, port);
  }
}
