import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tryAsk } from '../../chaos/http.js';
import { freePort } from '../../chaos/ports.js';
import { sleep, until } from '../../chaos/time.js';
import { Component } from '../component.js';
import type { PlatformProcess } from '../platform.js';
import { DEPLOY } from '../templates.js';
import { Service } from './service.js';
import type { Site } from './site.js';

const execute = promisify(execFile);
const HAPROXY = '/usr/sbin/haproxy';
const NGINX = '/usr/sbin/nginx';

/** Something in front of two processes, and how one of them is replaced behind it. */
export interface Front {
  readonly url: string;
  /** @param turn of how many; the processes go in turn */
  replace(turn: number): Promise<void>;
  close(): Promise<void>;
}

export interface Way {
  readonly name: string;
  readonly title: string;
  /** Debian's package that it needs, when it is missing. */
  readonly missing: () => string | undefined;
  readonly open: (site: Site) => Promise<Front>;
}

const needs = (program: string, name: string) => () => (existsSync(program) ? undefined : name);

/** HAProxy with its own defaults: every two seconds, down after three refusals, up after two answers. */
const haproxyByDefault = (listen: string, processes: readonly string[]): string => `
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend http
    bind ${listen}
    default_backend platform
backend platform
    option httpchk GET /health/intake
${processes.map((address, index) => `    server p${index + 1} ${address} check`).join('\n')}
`;

async function example(path: string, listen: string, [one = '', two = '']: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], LISTEN: listen, PROCESS_1: one, PROCESS_2: two };
  return (await execute('sh', [join(DEPLOY, 'patroni/fill'), join(DEPLOY, path)], { env })).stdout;
}

interface Balancer {
  /** Names its files. */
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
  readonly config: (listen: string, processes: readonly string[], folder: string) => Promise<string>;
  /** From a process's first answer until the balancer has it back. Milliseconds. */
  readonly backMs: number;
}

/** Two processes at fixed addresses behind a balancer; one is stopped, and started anew at its address. */
async function behind(site: Site, balancer: Balancer): Promise<Front> {
  const { name, command, args, config, backMs } = balancer;
  const ports = await site.platform.listenAt();
  const listen = `127.0.0.1:${await freePort()}`;
  site.apiUrl = `http://${listen}`;
  await site.platform.play();
  const file = join(site.folder.path, `${name}.conf`);
  const processes = ports.map((port) => `127.0.0.1:${port}`);
  await writeFile(file, await config(listen, processes, await site.folder.ours(name)));
  const component = new Component(site.folder, { name, command, args: args(file) });
  component.start();
  const open = await until(async () => (await tryAsk(`${site.apiUrl}/health/live`))?.status === 200, 20_000, 100);
  if (!open) throw new Error(`the platform can't be reached by ${name}:\n${component.tail()}`);
  return {
    url: site.apiUrl,
    replace: async (turn) => {
      await site.platform.restart(turn % ports.length);
      await sleep(backMs);
    },
    close: async () => {
      await component.stop('SIGTERM', 2_000);
      await site.platform.close();
    },
  };
}

/** Debian's nginx would write to folders of its own. */
const inFolder = (config: string, folder: string): string =>
  config.replace(
    /^http \{$/m,
    `http {\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`).join('\n')}`,
  );

/** How late the nodes of a cluster hear that an endpoint has gone, or come. Milliseconds. */
const HEARS_WITHIN_MS = 5_000;

/**
 * As a Deployment replaces a pod: a new one is started and added once its readiness probe (intake) is answered; then the old one is
 * sent SIGTERM, and at the same time its endpoint is removed, which the nodes hear some seconds later.
 */
async function asPods(site: Site): Promise<Front> {
  const service = new Service();
  await service.listen();
  site.apiUrl = service.url;
  let born = 0;
  const begin = async (): Promise<PlatformProcess> => {
    born += 1;
    const pod = await site.platform.extra({}, `pod-${born}`);
    const isReady = await until(async () => (await pod.answers('/health/intake')) === 200, 20_000, 250);
    if (!isReady) throw new Error(`pod ${born} does not become ready`);
    service.add(pod.port);
    return pod;
  };
  const pods = [await begin(), await begin()];
  const ending: Promise<void>[] = [];
  return {
    url: service.url,
    replace: async () => {
      const fresh = await begin();
      const old = pods.shift();
      pods.push(fresh);
      if (!old) return;
      ending.push(old.stop());
      await sleep(Math.random() * HEARS_WITHIN_MS);
      service.remove(old.port);
      await ending.at(-1);
    },
    close: async () => {
      await Promise.all([...ending, ...pods.map((pod) => pod.kill())]);
      await service.close();
    },
  };
}

export const WAYS: readonly Way[] = [
  {
    name: 'haproxy-defaults',
    title: 'HAProxy with its defaults',
    missing: needs(HAPROXY, 'haproxy'),
    open: (site) =>
      behind(site, {
        name: 'haproxy-defaults',
        command: HAPROXY,
        args: (file) => ['-db', '-f', file],
        config: (listen, processes) => Promise.resolve(haproxyByDefault(listen, processes)),
        backMs: 5_000,
      }),
  },
  {
    name: 'haproxy',
    title: 'deploy/haproxy',
    missing: needs(HAPROXY, 'haproxy'),
    open: (site) =>
      behind(site, {
        name: 'haproxy',
        command: HAPROXY,
        args: (file) => ['-db', '-f', file],
        config: (listen, processes) => example('haproxy/haproxy.cfg', listen, processes),
        backMs: 3_000,
      }),
  },
  {
    name: 'nginx',
    title: 'deploy/nginx',
    missing: needs(NGINX, 'nginx-light'),
    open: (site) =>
      behind(site, {
        name: 'nginx',
        command: NGINX,
        args: (file) => ['-c', file, '-g', `daemon off; pid ${file}.pid; error_log stderr;`],
        config: async (listen, processes, folder) =>
          inFolder(await example('nginx/nginx.conf', listen, processes), folder),
        backMs: 4_000,
      }),
  },
  { name: 'kubernetes', title: "Kubernetes' sequence", missing: () => undefined, open: asPods },
];
