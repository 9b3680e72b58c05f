import { Global, Module } from '@nestjs/common';
import { Listener } from './listener.js';
import { Memory } from './memory.js';
import { DatabaseProbe } from './probe.js';

/** What every feature shares of the database, beside TypeORM's data source. */
@Global()
@Module({ providers: [Listener, Memory, DatabaseProbe], exports: [Listener, Memory, DatabaseProbe] })
export class DatabaseModule {}
