import { pathToFileURL } from 'node:url';
import { RELEASE_BEFORE } from '../../migrations/index.js';
import { goBack, listMigrations, migrate, MigrationFailed } from './migrations.js';

export { migrate, MigrationFailed } from './migrations.js';

const USAGE = `Usage: npm run migrate [-- OPTION]
  (none)           brings the schema up to date
  --list           says what the database has of this release, and changes nothing
  --back           back to the release before (${RELEASE_BEFORE}), with this release's code
  --back-to NAME   the same to the migration NAME, which stays`;

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const say = (line: string): void => write(`migrations: ${line}`);

async function command([option, name, ...more]: readonly string[], databaseUrl: string): Promise<number> {
  if (more.length > 0 || (name !== undefined) !== (option === '--back-to')) return misused();
  if (option === undefined) {
    const done = await migrate(databaseUrl, { say });
    write(done.length > 0 ? `migrated: ${done.join(', ')}` : 'the schema is up to date');
    return 0;
  }
  if (option === '--list') {
    for (const { name, applied, known } of await listMigrations(databaseUrl)) {
      write(`${applied ? 'has  ' : 'lacks'} ${name}${known ? '' : ' (of a newer release)'}`);
    }
    return 0;
  }
  if (option !== '--back' && option !== '--back-to') return misused();
  const undone = await goBack(databaseUrl, name ?? RELEASE_BEFORE, { say });
  write(undone.length > 0 ? `undone: ${undone.join(', ')}` : 'nothing to undo');
  return 0;
}

function misused(): number {
  process.stderr.write(`${USAGE}\n`);
  return 2;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    process.stderr.write('DATABASE_URL is required\n');
    process.exit(1);
  }
  // A driver's error may quote the connection string.
  process.exitCode = await command(process.argv.slice(2), databaseUrl).catch((error: Error & { code?: string }) => {
    const text = error instanceof MigrationFailed ? error.message : `failed (${error.code ?? error.name})`;
    process.stderr.write(`${text}\n`);
    return 1;
  });
}
