import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** What `npm start` says about itself in `<DATA_DIR>/local.json`. */
export interface LocalFacts {
  readonly apiUrl: string;
  readonly docsUrl: string;
  readonly sandboxUrl: string;
  readonly adminKey: string;
  readonly leadsonline: DemoPartner;
  readonly my360: DemoPartner;
}

/** One demo partner with its one biller. */
export interface DemoPartner {
  readonly apiKey: string;
  readonly billerId: string;
  /** Its demo portal. */
  readonly portalUrl: string;
  /** Verifies what the platform tells the partner (Standard Webhooks, `whsec_…`). */
  readonly webhookSecret: string;
}

/** Writes what only its owner may read. Renamed into place, so that a reader never meets half a file. */
export async function writePrivateJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Undefined when there is no such file. @throws Error naming the file, never showing what is in it */
export async function readPrivateJson<T>(path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Error(`${path} is not JSON. Repair it, or remove it to have a new one made.`);
  }
}
