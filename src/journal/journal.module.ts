import { Module } from '@nestjs/common';
import { OpeningsJournal } from './openings-journal.js';

/** Openings beside the database, for when it is restored to an earlier time. */
@Module({ providers: [OpeningsJournal], exports: [OpeningsJournal] })
export class JournalModule {}
