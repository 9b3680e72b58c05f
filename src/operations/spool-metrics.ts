import { Gauge, type Registry } from 'prom-client';
import type { Spool, SpoolState } from '../spool/spool.js';

/** Of this process's own spool, and so known while the database is away. Nothing where there is no spool. */
export function measureSpool(spool: Spool, registry: Registry): void {
  if (!spool.isConfigured) return;
  const gauge = (name: string, help: string, valueOf: (state: SpoolState) => number): void => {
    new Gauge({
      name: `billbridge_spool_${name}`,
      help,
      registers: [registry],
      collect() {
        const state = spool.state();
        if (state) this.set(valueOf(state));
      },
    });
  };
  gauge('messages', 'PostBacks that wait in the spool of this process.', ({ waiting }) => waiting);
  gauge('bytes', 'Room that they take.', ({ bytes }) => bytes);
  gauge('full', '1 when the spool takes no more: PostBacks are refused while the database is away.', ({ isFull }) =>
    isFull ? 1 : 0,
  );
  gauge('oldest_seconds', 'Age of the oldest of them.', ({ oldestAt }) =>
    oldestAt ? Math.max(0, (Date.now() - oldestAt.getTime()) / 1000) : 0,
  );
}
