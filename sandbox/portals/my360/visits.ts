import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PasswordRecord, User } from './users.js';

export interface Account {
  readonly accountNumber: string;
  readonly name: string | null;
  readonly primary: boolean;
  readonly balanceCents: number | null;
}

/** The platform's answer to a sign-in. There is more in it; this is what the portal uses. */
export interface CloudSession {
  readonly id: string;
  readonly outcome: 'signed-in' | 'registered-and-signed-in';
  readonly branch?: string;
  readonly accounts: readonly Account[];
  readonly sync: { readonly linkedNow: readonly string[]; readonly unknownToInvoiceCloud: readonly string[] } | null;
}

/** A change of e-mail address or password that waits for the user's click in a mail. */
export interface PendingChange {
  readonly id: string;
  readonly sentTo: string;
  readonly email?: string;
  readonly password?: PasswordRecord;
}

/** One browser that is signed in to My360. */
export interface Visit {
  readonly id: string;
  readonly user: User;
  /**
   * The session at Invoice Cloud. Of it the portal keeps the id alone; the token stays with the platform. Absent while
   * Invoice Cloud does not let this user in: My360 works, its bill pages do not.
   */
  cloud?: { readonly id: string; accounts: readonly Account[] };
  /** Why there is none. */
  cloudProblem?: string;
  change?: PendingChange;
  /** Shown once, on the next page. */
  notice?: { readonly kind: 'good' | 'bad' | 'wait'; readonly text: string };
}

const COOKIE = 'my360';
const MOST = 1_000;

/**
 * Visits by an unguessable cookie: HttpOnly, and SameSite=Lax so that no other site's form acts in its name. It is the
 * portal's own, first-party; a page of Invoice Cloud in the iframe gets no cookie of ours and may have none of its own.
 */
export class Visits {
  private readonly byId = new Map<string, Visit>();

  begin(reply: FastifyReply, user: User): Visit {
    const visit: Visit = { id: randomBytes(24).toString('base64url'), user };
    this.byId.set(visit.id, visit);
    const [oldest] = this.byId.keys();
    if (this.byId.size > MOST && oldest !== undefined) this.byId.delete(oldest);
    // Over https, `Secure` goes with it.
    void reply.header('set-cookie', `${COOKIE}=${visit.id}; Path=/; HttpOnly; SameSite=Lax`);
    return visit;
  }

  of(request: FastifyRequest): Visit | undefined {
    const [, id] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '') ?? [];
    return id === undefined ? undefined : this.byId.get(id);
  }

  end(reply: FastifyReply, visit: Visit): void {
    this.byId.delete(visit.id);
    void reply.header('set-cookie', `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
  }
}
