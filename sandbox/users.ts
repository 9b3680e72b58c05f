import { randomBytes } from 'node:crypto';
import { digestOf } from './passwords.js';
import type { Clock } from './clock.js';
import type { Account, User } from './model.js';

interface Token {
  readonly user: User;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Everyone registered with one biller, by e-mail without regard to case. */
export class Users {
  private readonly byEmail = new Map<string, User>();
  private readonly tokens = new Map<string, Token>();

  constructor(private readonly clock: Clock) {}

  all(): readonly User[] {
    return [...this.byEmail.values()];
  }

  find(email: string): User | undefined {
    return this.byEmail.get(email.toLowerCase());
  }

  /** The first account becomes the primary one. The user name is the e-mail (assumed). */
  register(email: string, password: string, accounts: readonly Account[]): User {
    const user: User = {
      email,
      username: email,
      password: digestOf(password),
      passwordChanges: 0,
      locked: false,
      accounts: [],
      methods: [],
      scheduled: [],
      paperless: new Set(),
      autopay: new Map(),
    };
    this.byEmail.set(email.toLowerCase(), user);
    for (const account of accounts) this.link(user, account);
    return user;
  }

  link(user: User, account: Account): void {
    account.owner = user;
    user.accounts.push(account);
  }

  /** Removes one account or, with the primary one, the whole registration. Answers the accounts that went. */
  unregister(user: User, account: Account): readonly Account[] {
    const gone = user.accounts[0] === account ? user.accounts : [account];
    user.accounts = user.accounts.filter((one) => !gone.includes(one));
    for (const { accountNumber } of gone.map((one) => one.customer)) {
      user.paperless.delete(accountNumber);
      user.autopay.delete(accountNumber);
      user.scheduled = user.scheduled.filter((payment) => payment.accountNumber !== accountNumber);
    }
    for (const one of gone) one.owner = undefined;
    if (user.accounts.length === 0) this.byEmail.delete(user.email.toLowerCase());
    return gone;
  }

  changePassword(user: User, password: string): void {
    user.password = digestOf(password);
    user.passwordChanges += 1;
  }

  changeEmail(user: User, email: string): void {
    this.byEmail.delete(user.email.toLowerCase());
    if (user.username === user.email) user.username = email;
    user.email = email;
    this.byEmail.set(email.toLowerCase(), user);
  }

  /** A RemoteAuthenticationToken. It opens any number of pages until it expires (assumed). */
  issueToken(user: User, lifeSeconds: number): string {
    const now = this.clock.now();
    for (const [token, { expiresAt }] of this.tokens) if (expiresAt <= now) this.tokens.delete(token);
    const token = randomBytes(32).toString('base64url');
    this.tokens.set(token, { user, expiresAt: now + lifeSeconds * 1000 });
    return token;
  }

  /** Whose token it is; undefined where it is unknown, expired, or its user is no longer registered. */
  byToken(token: string): User | undefined {
    const found = this.tokens.get(token);
    return found && found.expiresAt > this.clock.now() && this.isRegistered(found.user) ? found.user : undefined;
  }

  isRegistered(user: User): boolean {
    return this.find(user.email) === user;
  }
}

export function isPrimary(account: Account): boolean {
  return account.owner?.accounts[0] === account;
}
