/**
 * Every kind of alert, with what to do about it. An alert is something that somebody should see today and that does not mend
 * itself. `docs/operators.md` has a row for each kind.
 */
export const ALERT_KINDS = {
  'spool-waiting': {
    title: 'PostBacks wait in the spool',
    next: 'Bring the database back. If it is there, look for the reason in the log of the process that holds the spool.',
  },
  'spool-full': {
    title: 'The spool is full: PostBacks are refused',
    next: 'Bring the database back, or give SPOOL_DIR more room and raise SPOOL_MEGABYTES.',
  },
  'spool-silent': {
    title: 'A spool is held by no process',
    next: 'Start a process on its folder, or declare it lost (docs/operators.md, "The spool").',
  },
  'spool-damaged': {
    title: 'Messages of a spool could not be read and were set aside',
    next: 'Look at the files in SPOOL_DIR/set-aside, reconcile that day, and delete them (docs/operators.md, "The spool").',
  },
  'postback-not-recordable': {
    title: 'A PostBack could not be recorded and is held',
    next: 'Decide it: GET /admin/v1/postbacks?verdict=held.',
  },
  'postback-after-restore': {
    title: 'A genuine PostBack came for a payment that this database does not know',
    next: 'Compare the database with what it may have forgotten: npm run restore:check.',
  },
  'database-timeline': {
    title: 'Processes serve from different primaries',
    next: 'Fence the old primary (docs/operators.md, "Failover").',
  },
  'journal-failing': {
    title: 'Openings are not written to the journal',
    next: 'Give JOURNAL_DIR room. Until then, a restore of the database can not bring these openings back.',
  },
  'restore-unsettled': {
    title: 'Billers whose openings are refused since the database was restored',
    next: 'Compare each with Invoice Cloud, then: POST /admin/v1/billers/{billerId}/restore-settled.',
  },
  'postbacks-held': {
    title: 'PostBacks have waited for a decision for more than an hour',
    next: 'Decide them: GET /admin/v1/postbacks?verdict=held.',
  },
  'refusal-after-approval': {
    title: 'Invoice Cloud refused payments that it had approved before',
    next: 'Compare the payments with the Invoice Cloud biller portal: GET …/payments/{id}/events shows both messages.',
  },
  'refunds-due': {
    title: 'Payers have waited for a refund for more than a day',
    next: 'Return the money at Invoice Cloud, and note it: GET /admin/v1/payments/refunds-due.',
  },
  'endpoint-off': {
    title: 'Deliveries wait for an endpoint that has been switched off for more than ten minutes',
    next: 'Ask the partner (410 switches an endpoint off), then: GET /admin/v1/relay-endpoints, POST …/{id}/enable.',
  },
  'deliveries-parked': {
    title: 'Deliveries were parked in the last 24 hours: every attempt failed',
    next: 'Ask the partner, then replay them: GET /admin/v1/deliveries?status=parked.',
  },
  'invoice-cloud-failing': {
    title: 'Invoice Cloud has failed for a biller for more than five minutes',
    next: 'Ask what is wrong: POST /admin/v1/billers/{billerId}/check. The subject is the biller.',
  },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly next: string }>>;

export type AlertKind = keyof typeof ALERT_KINDS;

export interface Alert {
  readonly kind: AlertKind;
  /** Which one of its kind: a spool's id, a biller's id; empty where there is only one. Never a payer's data. */
  readonly subject: string;
  /** What is the case, with figures. Never a secret, never a payer's data. */
  readonly detail: string;
}

type Watcher = (alert: Alert, standing: boolean) => void;

/**
 * The alerts that this process has raised. Any folder may raise one; `src/alerts/` logs, counts, stores and sends them, each
 * once. Works without the database.
 */
export class Alerts {
  private readonly byName = new Map<string, Alert>();
  private readonly watchers: Watcher[] = [];

  /** @param watcher called when an alert is raised or its detail changes (`standing`), and when it is cleared */
  watch(watcher: Watcher): void {
    this.watchers.push(watcher);
  }

  /** Raises an alert, or renews the detail of one that stands. Never throws. */
  raise(kind: AlertKind, subject: string, detail: string): void {
    const alert = { kind, subject, detail };
    this.byName.set(nameOf(kind, subject), alert);
    for (const watcher of this.watchers) watcher(alert, true);
  }

  /** Says that the cause is gone. Does nothing where no such alert stands. */
  clear(kind: AlertKind, subject: string): void {
    const alert = this.byName.get(nameOf(kind, subject));
    if (!alert) return;
    this.byName.delete(nameOf(kind, subject));
    for (const watcher of this.watchers) watcher(alert, false);
  }

  /** What stands now, in the order in which it was raised first. */
  standing(): readonly Alert[] {
    return [...this.byName.values()];
  }
}

const nameOf = (kind: AlertKind, subject: string): string => `${kind} ${subject}`;
