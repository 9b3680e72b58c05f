import { Module } from '@nestjs/common';
import { Mailer } from './mailer.js';

/** The way out for mail. */
@Module({ providers: [Mailer], exports: [Mailer] })
export class MailModule {}
