import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MailModule } from '../mail/mail.module.js';
import { AlertBook } from './alert-book.js';
import { AlertChannels } from './alert-channels.js';
import { AlertStore } from './alert-store.js';
import { AlertTeller } from './alert-teller.js';
import { StoredAlert } from './alert.entity.js';

/** What happens when any folder raises an alert (`src/common/alerts.ts`): it is logged, counted, stored and told. */
@Module({
  imports: [TypeOrmModule.forFeature([StoredAlert]), MailModule],
  providers: [AlertStore, AlertBook, AlertChannels, AlertTeller],
  exports: [AlertBook, AlertTeller],
})
export class AlertsModule {}
