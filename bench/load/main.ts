/** The load generator: a process of its own, so that it neither waits for the others' work nor is counted as theirs. */
import type { Job } from './job.js';
import { runJob } from './run-job.js';

process.on('message', (job: Job) => {
  void runJob(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// Whoever started us has gone, however.
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
