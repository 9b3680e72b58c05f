import { askJson } from '../chaos/http.js';
import { freePort } from '../chaos/ports.js';
import { until } from '../chaos/time.js';
import { Component } from './component.js';
import type { Folder } from './folder.js';
import type { Programs } from './packages.js';

/** One etcd, in which Patroni keeps who the leader is. In production there are three. */
export class Etcd {
  private constructor(
    readonly component: Component,
    /** `host:port`. */
    readonly address: string,
  ) {}

  static async start(folder: Folder, { etcd, account }: Programs): Promise<Etcd> {
    const data = await folder.own('etcd');
    const client = `127.0.0.1:${await freePort()}`;
    const peer = `127.0.0.1:${await freePort()}`;
    const component = new Component(folder, {
      name: 'etcd',
      command: etcd,
      args: [
        ...['--name', 'lab', '--data-dir', data],
        ...['--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`],
        ...['--listen-peer-urls', `http://${peer}`, '--initial-advertise-peer-urls', `http://${peer}`],
        ...['--initial-cluster', `lab=http://${peer}`],
      ],
      account,
    });
    component.start();
    const healthy = await until(
      async () =>
        (await askJson<{ health: string }>(`http://${client}/health`, { timeoutMs: 1_000 })).health === 'true',
      30_000,
    );
    if (!healthy) throw new Error(`etcd did not start:\n${component.tail()}`);
    return new Etcd(component, client);
  }
}
