import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { verifyChain } from './audit/verify.js';
import { restoreCheck, WrongArguments } from './restore/restore-command.js';
import { PlatformError } from './common/platform-error.js';
import { ConfigError, readConfig } from './config/config.js';
import { clientOf, dataSourceOptions } from './database/database.js';
import { rotate, verifyKeys } from './database/rotation.js';
import { keysOfJournal } from './journal/journal-reader.js';
import { reportSpool } from './postbacks/spool-keys.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What an operator runs beside the platform, with the platform's own settings. Each exits with 1 when something is wrong. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  'keys:rotate': () =>
    // One reads and two write: together they keep one core of PostgreSQL's busy, and leave the others to the platform.
    withClients<readonly [Client, Client, Client]>(3, async (clients) => {
      const config = readConfig(process.env);
      const { encryptionKeys } = config;
      const total = await rotate(clients, encryptionKeys, ({ column, done, rest, rate }) =>
        say(`${column}: ${done} sealed anew, ${rest} to go, ${rate} a second`),
      );
      say(`${total} values were sealed anew with key "${encryptionKeys[0]?.id}". Now run keys:verify.`);
      return reportSpool(config, say);
    }),
  'keys:verify': () =>
    withClient(async (client) => {
      const config = readConfig(process.env);
      const { encryptionKeys, journal } = config;
      const { sound, findings } = await verifyKeys(client, encryptionKeys);
      say(`${sound} values open with key "${encryptionKeys[0]?.id}" alone.`);
      findings.forEach(say);
      const [first] = encryptionKeys;
      const inJournal = journal.dir ? [...(await keysOfJournal(journal.dir))].filter(([id]) => id !== first?.id) : [];
      for (const [id, count] of inJournal)
        say(`the journal of openings needs key "${id}" (${count}), for a week at most`);
      if (findings.length > 0) say('Keep those keys in ENCRYPTION_KEYS, and run keys:rotate.');
      else if (inJournal.length > 0) say('Keep those keys in ENCRYPTION_KEYS until the journal is younger.');
      const isSound = (await reportSpool(config, say)) && findings.length + inJournal.length === 0;
      if (isSound) say('No value needs another key.');
      return isSound;
    }),
  'audit:verify': async () => {
    const { databaseUrl } = readConfig(process.env);
    const dataSource = await new DataSource(dataSourceOptions(databaseUrl, 2)).initialize();
    try {
      const { events, findings } = await verifyChain(dataSource.manager);
      for (const { seq, finding } of findings) say(`event ${seq}: ${finding}`);
      say(
        findings.length === 0
          ? `${events} events, the chain is whole.`
          : `${findings.length} findings in ${events} events.`,
      );
      return findings.length === 0;
    } finally {
      await dataSource.destroy();
    }
  },
  'restore:check': (args) => restoreCheck(readConfig(process.env), args, say),
};

function withClient(work: (client: Client) => Promise<boolean>): Promise<boolean> {
  return withClients<readonly [Client]>(1, ([client]) => work(client));
}

async function withClients<Clients extends readonly Client[]>(
  count: Clients['length'],
  work: (clients: Clients) => Promise<boolean>,
): Promise<boolean> {
  const { databaseUrl } = readConfig(process.env);
  const clients: Client[] = [];
  try {
    while (clients.length < count) {
      const client = clientOf(databaseUrl);
      await client.connect();
      clients.push(client);
    }
    return await work(clients as readonly Client[] as Clients);
  } finally {
    for (const client of clients) await client.end();
  }
}

const command = COMMANDS[process.argv[2] ?? ''];
if (!command) {
  process.stderr.write(`Usage: node dist/src/commands.js ${Object.keys(COMMANDS).join(' | ')}\n`);
  process.exit(2);
}
try {
  process.exit((await command(process.argv.slice(3))) ? 0 : 1);
} catch (error) {
  const known = error instanceof ConfigError || error instanceof PlatformError || error instanceof WrongArguments;
  const { code, name } = error as { code?: string; name?: string };
  process.stderr.write(`${known ? error.message : `failed (${code ?? name})`}\n`);
  process.exit(1);
}
