import type { Template } from './template.js';

export type Pace =
  /** Each connection sends when it was answered, for so long, or until so many have been sent in all. */
  | { readonly kind: 'closed'; readonly connections: number; readonly seconds: number; readonly most?: number }
  /** So many a second, whatever becomes of those before; waiting in line counts as waiting. */
  | { readonly kind: 'open'; readonly perSecond: number; readonly seconds: number };

/** What the load generator is asked to do. Times are seconds, latencies milliseconds. */
export interface Job {
  /** Connections are spread over these ports evenly. */
  readonly ports: readonly number[];
  readonly template: Template;
  /** The number of the first request; each takes the next one. */
  readonly from: number;
  readonly expect: number;
  readonly pace: Pace;
  /** Keep when each request was due. */
  readonly keepTimes?: boolean;
}

export interface JobResult {
  readonly sent: number;
  /** Requests a second, over the time from the first request to the last answer. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly wrong: number;
  /** What the first wrong one was answered. */
  readonly firstWrong?: string;
  /** Epoch milliseconds, in the order of the numbers. */
  readonly times?: readonly number[];
}
