import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Component } from './component.js';
import type { Folder } from './folder.js';
import type { Programs } from './packages.js';
import { writeOwn } from './templates.js';

/** Column of `show stat`. */
const STATUS = 17;

/** One HAProxy with the configuration that it is given; steered by its socket, as an operator does. */
export class Haproxy {
  readonly socket: string;
  private readonly file: string;
  readonly component: Component;

  constructor(
    folder: Folder,
    home: string,
    name: string,
    private readonly programs: Programs,
  ) {
    this.socket = join(home, `${name}.sock`);
    this.file = join(home, `${name}.cfg`);
    const { haproxy: command, account } = programs;
    this.component = new Component(folder, { name, command, args: ['-db', '-f', this.file], account });
  }

  /** Starts, or starts anew with another configuration. */
  async configure(config: string): Promise<void> {
    await this.component.stop('SIGKILL');
    await writeOwn(this.file, config, this.programs.account);
    this.component.start();
  }

  /** One command of the runtime interface. @returns what it answered */
  async order(command: string): Promise<string> {
    const socket = connect(this.socket);
    socket.end(`${command}\n`);
    return text(socket);
  }

  /** What its checks say of each server: `UP`, `DOWN`, `MAINT`, or more. By `proxy/server`. */
  async servers(): Promise<Map<string, string>> {
    const lines = (await this.order('show stat')).split('\n').map((line) => line.split(','));
    return new Map(lines.map((line) => [`${line[0]}/${line[1]}`, line[STATUS] ?? '']));
  }
}
