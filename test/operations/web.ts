import { freePort } from '../chaos/ports.js';
import { tryAsk } from '../chaos/http.js';
import { until } from '../chaos/time.js';
import type { Folder } from './folder.js';
import { Haproxy } from './haproxy.js';
import type { Programs } from './packages.js';

/** Which question the balancer asks for PostBacks, and which one for the rest. */
export interface Questions {
  readonly intake: string;
  readonly api: string;
}

/** HAProxy in front of the platform's processes, with its own defaults for checks: every two seconds, down after three. */
export class Web {
  private port = 0;

  private constructor(private readonly haproxy: Haproxy) {}

  static async make(folder: Folder, programs: Programs): Promise<Web> {
    const web = new Web(new Haproxy(folder, await folder.own('haproxy-web'), 'haproxy-web', programs));
    web.port = await freePort();
    return web;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async configure(ports: readonly number[], questions: Questions): Promise<void> {
    const servers = ports.map((port, index) => `    server p${index + 1} 127.0.0.1:${port} check`).join('\n');
    const backend = (name: string, question: string) => `
backend ${name}
    option httpchk GET ${question}
${servers}
`;
    await this.haproxy.configure(`
global
    maxconn 4000
    log stdout format raw daemon notice
    stats socket ${this.haproxy.socket} mode 600 level admin

defaults
    mode http
    log global
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend http
    bind 127.0.0.1:${this.port}
    use_backend intake if { path_beg /postbacks/ }
    default_backend api
${backend('intake', questions.intake)}${backend('api', questions.api)}`);
    // Not before a check has failed or passed does HAProxy know; it begins by taking all for up.
    const open = await until(async () => (await tryAsk(`${this.url}/health/live`))?.status === 200, 30_000, 200);
    if (!open) throw new Error(`the platform can't be reached by HAProxy:\n${this.haproxy.component.tail()}`);
  }

  /** Waits until HAProxy's checks have found the process again. */
  async sees(slot: number): Promise<void> {
    const seen = await until(async () => {
      const servers = await this.haproxy.servers();
      return ['intake', 'api'].every((backend) => servers.get(`${backend}/p${slot + 1}`) === 'UP');
    }, 60_000);
    if (!seen) throw new Error(`HAProxy does not see process ${slot + 1} come up`);
  }
}
