import { leadsOnlineResult, leadsOnlineSteps, LeadsOnlineContext } from './leadsonline-story.js';
import { My360Context } from './my360-context.js';
import { my360Result, my360Steps } from './my360-story.js';
import { findPlatform, type Platform } from './platform.js';
import { tell, type Outcome } from './story.js';

/** What `npm run demo` runs: every story against the running platform, or against one started for it alone. */
let stopPlatform: () => Promise<void> = () => Promise.resolve();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // npm passes Ctrl-C on although we had it already.
    if (interrupted) return;
    interrupted = true;
    void stopPlatform().then(() => process.exit(1));
  });
}

try {
  const platform = await findPlatform((stop) => (stopPlatform = stop));
  const where = platform.server ? `, with a database of its own on ${platform.server}` : '';
  console.log(`${platform.own ? 'A platform of its own' : 'The running platform'} at ${platform.facts.apiUrl}${where}`);
  const outcomes = [await leadsOnline(platform), await my360(platform)];

  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const failed = sum((outcome) => outcome.failed);
  console.log(`\nDemo: ${sum((outcome) => outcome.passed)} steps passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  if (!interrupted) console.log(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
await stopPlatform();

async function leadsOnline({ facts }: Platform): Promise<Outcome> {
  const context = new LeadsOnlineContext(facts);
  try {
    const outcome = await tell('LeadsOnline: a police fee is paid', leadsOnlineSteps, context, () => !interrupted);
    if (outcome.failed === 0) console.log(`\n${leadsOnlineResult(context)}`);
    return outcome;
  } finally {
    context.close();
  }
}

async function my360({ facts }: Platform): Promise<Outcome> {
  const context = new My360Context(facts);
  const outcome = await tell('My360: the ten stories of single sign-on', my360Steps, context, () => !interrupted);
  if (outcome.failed === 0) console.log(`\n${await my360Result(context)}`);
  return outcome;
}
