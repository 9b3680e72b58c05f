import { Inject, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { type Db, PgBoss } from 'pg-boss';
import type { EntityManager } from 'typeorm';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';

const QUEUE = 'relay';

export interface DeliveryJob {
  readonly deliveryId: string;
}

/**
 * pg-boss, as far as the relay needs it: jobs that commit with the caller's transaction, wake a worker at once
 * (LISTEN/NOTIFY), and pass to another process when the one that holds them dies (heartbeat).
 * How often a delivery is tried is ours to say, not the queue's: each attempt is a job.
 */
@Injectable()
export class RelayQueue implements OnApplicationShutdown {
  private readonly logger = new Logger('relay');
  private readonly boss: PgBoss;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.boss = new PgBoss({
      connectionString: config.databaseUrl,
      application_name: 'billbridge-relay',
      max: 4,
      useListenNotify: true,
      monitorIntervalSeconds: 10,
      superviseIntervalSeconds: 10,
      schedule: false,
      // The schema is made with ours, by whoever may: src/database/migrate.ts.
      migrate: false,
      createSchema: false,
    });
    this.boss.on('error', (error) => this.logger.error(traceOf(error), 'queue error'));
  }

  /** Starts the engine and its workers. */
  async start(handle: (job: DeliveryJob) => Promise<void>): Promise<void> {
    await this.boss.start();
    const options = {
      notify: true,
      // A worker that dies mid-delivery: its job is taken up again, as often as it takes.
      heartbeatSeconds: 20,
      expireInSeconds: Math.ceil(this.config.relay.timeoutMs / 1000) + 30,
      retryLimit: 1000,
      retryDelay: 5,
      deleteAfterSeconds: 3600,
    };
    await this.boss.createQueue(QUEUE, options);
    await this.boss.updateQueue(QUEUE, options);
    await this.boss.work<DeliveryJob>(
      QUEUE,
      {
        batchSize: 1,
        localConcurrency: this.config.relay.concurrency,
        pollingIntervalSeconds: 1,
        // Retries become due without a notification, so this bounds how late they start.
        notifyPollingIntervalSeconds: 1,
      },
      async ([job]) => {
        if (job) await handle(job.data);
      },
    );
  }

  /** Enqueues in the transaction of `manager`: the job exists if and only if what it tells of was recorded. */
  async add(manager: EntityManager, job: DeliveryJob, afterSeconds = 0): Promise<void> {
    // A job that is due at once carries no time: one later than its transaction's start would wake nobody.
    const when = afterSeconds > 0 ? { startAfter: new Date(Date.now() + afterSeconds * 1000) } : {};
    const id = await this.boss.send(QUEUE, job, { ...when, db: inTransactionOf(manager) });
    if (id === null) throw new Error('the relay queue did not take the job');
  }

  /** Lets what is under way end, then closes. */
  async onApplicationShutdown(): Promise<void> {
    await this.boss.stop({ graceful: true, timeout: this.config.relay.timeoutMs + 5_000 });
  }
}

function inTransactionOf(manager: EntityManager): Db {
  const runner = manager.queryRunner;
  if (!runner?.isTransactionActive) throw new Error('a delivery is enqueued inside a transaction only');
  return {
    executeSql: async (text, values) => ({ rows: ((await runner.query(text, values, true)).records ?? []) as never[] }),
  };
}
