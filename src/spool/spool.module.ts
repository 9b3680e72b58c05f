import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Spool } from './spool.js';
import { SpoolMark, SpoolRow } from './spool.entity.js';
import { SpoolRows } from './spool-rows.js';
import { SpoolWatch } from './spool-watch.js';
import { Takeovers } from './takeovers.js';

/** Messages that the database can't take now. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([SpoolRow, SpoolMark])],
  providers: [Spool, SpoolRows, SpoolWatch, Takeovers],
  exports: [Spool, SpoolRows],
})
export class SpoolModule {}
