import { ALERT_KINDS, type AlertKind } from '../common/alerts.js';

/** What is said of an alert, in the overview and in messages. */
export interface Described {
  readonly kind: string;
  readonly subject: string;
  readonly title: string;
  readonly detail: string;
  /** What to do. */
  readonly next: string;
}

export interface AlertMessage extends Described {
  /** Stable over the attempts; a receiver drops repeats by it. */
  readonly id: string;
  readonly type: 'alert.raised' | 'alert.over' | 'alert.test';
  readonly firstSeenAt: Date;
}

/** Another release may know kinds that this one does not. */
const UNKNOWN = { title: 'An alert of another release', next: 'Look into the docs of the newest release that runs.' };

export function describe({ kind, subject, detail }: { kind: string; subject: string; detail: string }): Described {
  const { title, next } = Object.hasOwn(ALERT_KINDS, kind) ? ALERT_KINDS[kind as AlertKind] : UNKNOWN;
  return { kind, subject, title, detail, next };
}

/** The body of the webhook. @param platform PUBLIC_URL, for whoever runs several */
export function bodyOf(message: AlertMessage, platform: string | undefined, now: Date): string {
  const { id, type, firstSeenAt, ...said } = message;
  const data = { id, ...said, firstSeenAt: firstSeenAt.toISOString(), platform: platform ?? null };
  return JSON.stringify({ type, timestamp: now.toISOString(), data });
}

const BEGINNING = { 'alert.raised': '', 'alert.over': 'Over: ', 'alert.test': 'Test: ' } as const;

export function mailOf(to: string, message: AlertMessage, platform: string | undefined) {
  const { type, kind, subject, title, detail, next, firstSeenAt } = message;
  const lines = [
    `${BEGINNING[type]}${title}.`,
    '',
    detail,
    '',
    ...(type === 'alert.raised' ? ['What to do:', next, ''] : []),
    `Kind: ${kind}${subject ? `, ${subject}` : ''}`,
    `First seen: ${firstSeenAt.toISOString()}`,
    `Platform: ${platform ?? 'PUBLIC_URL is not set'}`,
  ];
  return { to, subject: `Billbridge: ${BEGINNING[type]}${title}`, text: lines.join('\n') };
}
