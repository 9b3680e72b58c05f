import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { DataSource } from 'typeorm';
import { AlertBook } from '../../src/alerts/alert-book.js';
import { AlertChannels } from '../../src/alerts/alert-channels.js';
import { AlertStore } from '../../src/alerts/alert-store.js';
import { AlertTeller } from '../../src/alerts/alert-teller.js';
import { Alerts } from '../../src/common/alerts.js';
import { Sweepers } from '../../src/common/sweepers.js';
import { readConfig } from '../../src/config/config.js';
import { dataSourceOptions } from '../../src/database/database.js';
import { migrate } from '../../src/database/migrate.js';
import { Mailer } from '../../src/mail/mailer.js';
import type { Json } from '../support/api.js';
import { closeDb, db, newDatabase } from '../support/db.js';
import { eventually } from '../support/eventually.js';
import { closeReceivers, receiver, type Receiver } from '../support/receiver.js';
import { headersOf } from '../support/relay.js';
import { stage } from '../support/stage-facts.js';

const SECRET = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;

/** A way to the database that can be cut. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private up = true;

  async lay(databaseUrl: string): Promise<string> {
    const { hostname, port } = new URL(databaseUrl);
    this.server = createServer((socket) => {
      if (!this.up) return void socket.destroy();
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy()).on('close', () => (this.sockets.delete(one), other.destroy()));
      }
    });
    await new Promise<void>((done) => this.server?.listen(0, '127.0.0.1', done));
    ({ port: this.port } = this.server.address() as AddressInfo);
    return Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${this.port}` }).href;
  }

  cut(): void {
    this.up = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.up = true;
  }

  close(): void {
    this.cut();
    this.server?.close();
  }
}

interface Process {
  readonly alerts: Alerts;
  readonly book: AlertBook;
  stop(): Promise<void>;
}

const stops: (() => Promise<void>)[] = [];
const cable = new Cable();
let directUrl: string;
let url: string;

beforeAll(async () => {
  Logger.overrideLogger(false);
  directUrl = await newDatabase();
  await migrate(directUrl);
  url = await cable.lay(directUrl);
});

afterAll(async () => {
  cable.close();
  await Promise.all(stops.map((stop) => stop()));
  await closeReceivers();
  await closeDb();
});

/** The part of a process that tells of alerts. */
async function start(operator: Receiver): Promise<Process> {
  const config = readConfig({
    ...stage.settings,
    DATABASE_URL: url,
    SWEEP_SECONDS: '1',
    ALERT_URL: operator.url,
    ALERT_SECRET: SECRET,
  });
  const dataSource = await new DataSource(dataSourceOptions(url, 2)).initialize();
  const [alerts, store, sweepers] = [new Alerts(), new AlertStore(dataSource), new Sweepers(1)];
  const book = new AlertBook(alerts, store, config);
  const channels = new AlertChannels(config, new Mailer(config));
  new AlertTeller(book, store, channels, sweepers, config).onApplicationBootstrap();
  const stop = async (): Promise<void> => {
    sweepers.onModuleDestroy();
    await sweepers.beforeApplicationShutdown();
    await channels.onApplicationShutdown();
    await dataSource.destroy();
  };
  stops.push(stop);
  return { alerts, book, stop };
}

const messages = ({ deliveries }: Receiver): Json[] =>
  deliveries.map((delivery) => new Webhook(SECRET).verify(delivery.body, headersOf(delivery)) as Json);

const told = (operator: Receiver, type: string, subject: string): boolean =>
  messages(operator).some((message) => message.type === type && message.data.subject === subject);

const types = (operator: Receiver): string[] => messages(operator).map(({ type }) => type as string);

describe('alerts, by two processes', () => {
  test('are told by each alone while the database is away, and their end by one of them', async () => {
    const operator = await receiver();
    const [one, other] = [await start(operator), await start(operator)];
    one.alerts.raise('database-timeline', '', 'Before.');
    // Whichever has told it, the one that raised it must know: else it tells it again when it is alone.
    await eventually('the first is told', () => told(operator, 'alert.raised', '') && one.book.untold().length === 0);

    cable.cut();
    one.alerts.raise('spool-waiting', 'a', '3 PostBacks.');
    other.alerts.raise('spool-waiting', 'b', '4 PostBacks.');
    const both = () => ['a', 'b'].every((subject) => told(operator, 'alert.raised', subject));
    await eventually('each has told its own', both, 40_000);
    one.alerts.raise('spool-waiting', 'a', '5 PostBacks.');
    expect(one.book.standing().map(({ subject, detail }) => [subject, detail])).toEqual([
      ['', 'Before.'],
      ['a', '5 PostBacks.'],
    ]);
    // One of them passes before the database is back.
    other.alerts.clear('spool-waiting', 'b');

    cable.mend();
    await eventually('its end is told', () => told(operator, 'alert.over', 'b'), 40_000);
    await eventually('both know of the other one’s', () =>
      [one, other].every(({ book }) => book.standing().some(({ subject }) => subject === 'a')),
    );
    one.alerts.clear('spool-waiting', 'a');
    one.alerts.clear('database-timeline', '');
    const ends = () => ['a', ''].every((subject) => told(operator, 'alert.over', subject));
    await eventually('all ends are told', ends, 40_000);
    expect(types(operator)).toEqual([
      'alert.raised',
      'alert.raised',
      'alert.raised',
      'alert.over',
      'alert.over',
      'alert.over',
    ]);
    await eventually('that is recorded', () =>
      db(directUrl)
        .count('from alerts where cleared_at is null or told')
        .then((n) => n === 0),
    );
    await eventually('nothing stands', () => [one, other].every(({ book }) => book.standing().length === 0));
    await Promise.all(stops.splice(0).map((stop) => stop()));
  }, 180_000);

  test('that come and go send few messages, and the last one says what is the case', async () => {
    const operator = await receiver();
    const { alerts, book } = await start(operator);
    const stored = (is: string) =>
      db(directUrl)
        .count(`from alerts where kind = 'spool-full' and cleared_at is ${is}`)
        .then((n) => n === 1);
    const rows = <Row extends object>(sql: string): Promise<Row[]> => db(directUrl).rows(sql);
    const comesAndGoes = async (): Promise<void> => {
      alerts.raise('spool-full', '', 'Now.');
      await eventually(
        'it stands',
        () => book.standing().some(({ toldAt }) => toldAt !== null) || 0 < operator.deliveries.length,
      );
      await eventually('it is stored', () => stored('null'));
      alerts.clear('spool-full', '');
      // As if nobody had seen it for long enough.
      await rows(`update alerts set stands_until = now() where kind = 'spool-full'`);
      await eventually('it is over', () => stored('not null'));
    };
    await comesAndGoes();
    await eventually('both are told', () => operator.deliveries.length === 2);
    await comesAndGoes();
    await comesAndGoes();
    expect(types(operator)).toEqual(['alert.raised', 'alert.over']);
    alerts.raise('spool-full', '', 'Again.');
    await eventually('it stands again', () => book.standing().length === 1);
    const [row] = await rows<{ wait: number }>(
      `select extract(epoch from next_attempt_at - told_at)::float8 as wait from alerts where kind = 'spool-full'`,
    );
    expect(row?.wait).toBe(120);
    await rows(`update alerts set next_attempt_at = now() where kind = 'spool-full'`);
    await eventually('the last word is told', () => operator.deliveries.length === 3);
    expect(messages(operator)[2]).toMatchObject({ type: 'alert.raised', data: { detail: 'Again.' } });
    const ids = operator.deliveries.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(3);
  }, 180_000);
});
