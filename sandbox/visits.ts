import { randomBytes } from 'node:crypto';
import type { User } from './model.js';
import type { Biller } from './biller.js';
import type { Store } from './store.js';

/** RedirectID to page (documented). */
export const PAGES = {
  1: 'bills',
  2: 'paperless',
  3: 'autopay',
  5: 'payment-options',
  9: 'scheduled',
} as const;
export type PageName = (typeof PAGES)[keyof typeof PAGES];

/** One signed-in visit of the customer portal. */
export interface Visit {
  readonly id: string;
  readonly biller: Biller;
  readonly user: User;
  /** 0 a page of its own, 1 an iframe. */
  readonly viewMode: 0 | 1;
  readonly stylesheet?: string;
  readonly returnUrl?: string;
  /** Whom "Sign out and Return to …" names. */
  readonly siteName: string;
  /** Shown once, on the next page. */
  notice?: string;
  /** Milliseconds since the epoch. */
  seenAt: number;
}

const IDLE_MS = 30 * 60_000;
const VISITS_KEPT = 1000;

/**
 * Visits by their unguessable id, which stands in the path: the portal is shown in an iframe, where browsers may block
 * its cookies, and on plain http, where no cookie can be `SameSite=None; Secure`.
 */
export class Visits {
  private readonly byId = new Map<string, Visit>();

  begin(visit: Omit<Visit, 'id' | 'seenAt'>): Visit {
    const begun = { ...visit, id: randomBytes(24).toString('base64url'), seenAt: visit.biller.clock.now() };
    this.byId.set(begun.id, begun);
    const [oldest] = this.byId.keys();
    if (this.byId.size > VISITS_KEPT && oldest !== undefined) this.byId.delete(oldest);
    return begun;
  }

  /** Undefined also where the user is no longer registered. */
  find(id: string): Visit | undefined {
    const visit = this.byId.get(id);
    if (!visit || visit.biller.clock.now() - visit.seenAt > IDLE_MS || !visit.biller.users.isRegistered(visit.user)) {
      this.byId.delete(id);
      return undefined;
    }
    visit.seenAt = visit.biller.clock.now();
    return visit;
  }

  end(visit: Visit): void {
    this.byId.delete(visit.id);
  }

  /** Every visit to one biller, or all. */
  endAll(biller?: Biller): void {
    for (const visit of this.byId.values()) if (!biller || visit.biller === biller) this.end(visit);
  }
}

/** The one biller who issued the token, and its user. */
export function tokenHolder(store: Store, token: string): { biller: Biller; user: User } | undefined {
  for (const biller of store.all()) {
    const user = biller.users.byToken(token);
    if (user) return { biller, user };
  }
  return undefined;
}
