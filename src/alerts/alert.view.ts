import { ApiProperty } from '@nestjs/swagger';

export class AlertView {
  /** @example 'postbacks-held' */
  kind: string;
  /** Which one of its kind, such as a biller's id; empty where there is only one. */
  subject: string;
  title: string;
  /** What is the case. */
  detail: string;
  /** What to do. */
  next: string;
  @ApiProperty({ format: 'date-time' }) firstSeenAt: string;
  @ApiProperty({ format: 'date-time' }) lastSeenAt: string;
  /** When ALERT_URL or ALERT_MAIL took the last message about it; null: none did yet. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) toldAt: string | null;
}

class AlertSentView {
  @ApiProperty({ enum: ['ALERT_URL', 'ALERT_MAIL'] }) channel: string;
  sent: boolean;
  /** What came of it. @example 'answered 204' */
  detail: string;
}

export class AlertTestView {
  @ApiProperty({ type: [AlertSentView] }) data: AlertSentView[];
}
