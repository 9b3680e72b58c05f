import { Global, Module } from '@nestjs/common';
import { Listener } from './listener.js';
import { Memory } from './memory.js';
import { Primary } from './primary.js';
import { PrimaryWatch } from './primary-watch.js';
import { DatabaseProbe } from './probe.js';

/** What every feature shares of the database, beside TypeORM's data source. */
@Global()
@Module({})
export class DatabaseModule {
  static with(primary: Primary) {
    return {
      module: DatabaseModule,
      providers: [{ provide: Primary, useValue: primary }, PrimaryWatch, Listener, Memory, DatabaseProbe],
      exports: [Primary, Listener, Memory, DatabaseProbe],
    };
  }
}
