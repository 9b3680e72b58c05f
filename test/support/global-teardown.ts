/** Ends the pipe that holds the stage, and waits until it has stopped and removed everything. */
export default async function globalTeardown(): Promise<void> {
  const stage = globalThis.stageProcess;
  if (!stage || stage.exitCode !== null) return;
  const gone = new Promise<void>((done) => stage.once('exit', () => done()));
  stage.stdin?.end();
  await gone;
}
