import { askJson } from '../chaos/http.js';
import { freePort } from '../chaos/ports.js';
import { until } from '../chaos/time.js';
import { Component } from './component.js';
import type { Folder } from './folder.js';
import type { Programs } from './packages.js';
import { filled } from './templates.js';

/** One etcd, in which Patroni keeps who the leader is. In production there are three. */
export class Etcd {
  private constructor(
    readonly component: Component,
    /** `host:port`. */
    readonly address: string,
  ) {}

  static async start(folder: Folder, { etcd, account }: Programs): Promise<Etcd> {
    const data = await folder.own('etcd');
    const [port, peerPort] = [await freePort(), await freePort()];
    const settings = await filled('etcd.env', {
      MEMBER: 'etcd',
      CLUSTER: 'billbridge',
      ADDRESS: '127.0.0.1',
      ETCD_PORT: port,
      ETCD_PEER_PORT: peerPort,
      ETCD_DATA: data,
      ETCD_CLUSTER: `etcd=http://127.0.0.1:${peerPort}`,
    });
    const env = Object.fromEntries(
      [...settings.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const component = new Component(folder, { name: 'etcd', command: etcd, args: [], env, account });
    const client = `127.0.0.1:${port}`;
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
