import { randomBytes } from 'node:crypto';
import { freePort, Process } from './processes.js';

export interface Contestant {
  readonly name: string;
  readonly process: Process;
  readonly port: number;
  readonly url: string;
  /** From the start of the process to the first answer that says so. Milliseconds. */
  readonly readyMs: number;
}

export const ADMIN_KEY = randomBytes(32).toString('hex');
const ENCRYPTION_KEYS = `bench:${randomBytes(32).toString('base64')}`;

interface Place {
  readonly name: string;
  readonly folder: string;
  readonly databaseUrl: string;
  readonly invoiceCloudUrl: string;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One that we wrote for the comparison. */
export const startReference = (program: 'floor' | 'plain', place: Place): Promise<Contestant> =>
  start(`bench/contestants/${program}.js`, place, {});

/** As in the Dockerfile (`test/structure/deployment.spec.ts`). */
export const NODE_OPTIONS = ['--max-semi-space-size=8', '--heap-growing-percent=25'];

/** The platform as it is deployed: everything on, its log at info. */
export const startPlatform = ({ nodeOptions = [], ...place }: Place): Promise<Contestant> =>
  start(
    'src/main.js',
    { ...place, nodeOptions: [...NODE_OPTIONS, ...nodeOptions] },
    { ENCRYPTION_KEYS, ADMIN_KEY, LOG_LEVEL: 'info' },
  );

async function start(program: string, place: Place, settings: Readonly<Record<string, string>>): Promise<Contestant> {
  const { name, folder, databaseUrl, invoiceCloudUrl, nodeOptions = [], env = {} } = place;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await Process.start({
    name,
    program,
    folder,
    nodeOptions,
    env: {
      PORT: String(port),
      PUBLIC_URL: url,
      DATABASE_URL: databaseUrl,
      INVOICE_CLOUD_URL: invoiceCloudUrl,
      ...settings,
      ...env,
    },
  });
  const readyMs = await process.ready(url);
  return { name, process, port, url, readyMs };
}
