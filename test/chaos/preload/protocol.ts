/** What the harness and the processes it started tell each other, over Node's channel between parent and child. */

/** `before`: not sent. `during`: sent, not answered. `after`: answered, and our code does not know it yet. */
export const MOMENTS = ['before', 'during', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

/** Where a process is to die. */
export interface KillPoint {
  readonly label: string;
  readonly moment: Moment;
  /** At which occurrence, from 1. */
  readonly nth: number;
}

/** What a process writes to stderr just before it ends at a kill point. */
export const lastWords = (label: string, moment: Moment): string => `\nchaos: ${moment} ${label}\n`;

/** Where a process says it ended, in the words of `lastWords`; undefined when it was not at a kill point. */
export const stepOf = (said: string): string | undefined => /\nchaos: (.+)\n$/.exec(said)?.[1];

export type Order =
  | { readonly type: 'arm'; readonly point: KillPoint }
  | { readonly type: 'disarm' }
  /** Statements of payments wait up to this long, so that what can happen at once does. Milliseconds. */
  | { readonly type: 'jitter'; readonly ms: number }
  /** Answers with a Report of what was seen since the last one. */
  | { readonly type: 'report' };

export interface Report {
  readonly type: 'report';
  /** Label to how often it was seen. */
  readonly labels: Readonly<Record<string, number>>;
  /** Guard to how often it was taken out. */
  readonly mutations: Readonly<Record<string, number>>;
}

/** What a process is told at its start. */
export interface Environment {
  /** Sweeps once a minute come this often instead. Milliseconds. */
  readonly CHAOS_SWEEP_MS?: string;
  /** Guards taken out, comma separated. */
  readonly CHAOS_WITHOUT?: string;
  /** Host and port of Invoice Cloud, to tell it from the partner. */
  readonly CHAOS_INVOICE_CLOUD?: string;
}
