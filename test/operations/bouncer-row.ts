import { sleep } from '../chaos/time.js';
import type { Laboratory } from './laboratory.js';
import { Pgbouncer } from './pgbouncer.js';
import { underLoad, type Row } from './row.js';

const bouncers = new WeakMap<Laboratory, Pgbouncer>();

async function bouncerOf(lab: Laboratory): Promise<Pgbouncer> {
  const made = bouncers.get(lab) ?? (await Pgbouncer.make(lab.folder, lab.programs, new URL(lab.databases.url)));
  bouncers.set(lab, made);
  return made;
}

/** The same address, by way of PgBouncer. */
function through(lab: Laboratory): string {
  const url = new URL(lab.databases.url);
  url.port = String(bouncers.get(lab)?.port ?? 0);
  return url.href;
}

export const bouncerRow: Row = {
  name: 'pgbouncer',
  title: 'PgBouncer in session mode, killed and started again after 3 s',
  quick: true,
  play: underLoad({
    seconds: 15,
    awaySeconds: 2,
    env: async (lab) => {
      const { component } = await bouncerOf(lab);
      if (!component.runs) component.start();
      return { DATABASE_URL: through(lab) };
    },
    probeUrl: through,
    strike: async (lab) => {
      const { component } = await bouncerOf(lab);
      await component.stop('SIGKILL');
      await sleep(3_000);
      component.start();
    },
  }),
};
