import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** What My360 itself holds of a customer. Invoice Cloud holds its own, and the two must be kept in step. */
export interface User {
  email: string;
  name: string;
  /** In My360's books. */
  readonly accounts: Set<string>;
  salt: Buffer;
  passwordDigest: Buffer;
}

/** A new password before it is one: kept as its digest alone while the user's approval is awaited. */
export type PasswordRecord = Pick<User, 'salt' | 'passwordDigest'>;

export interface DemoUser {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly accounts: readonly string[];
  /** What signing in shows. */
  readonly shows: string;
}

/** Invented customers, whom the sandbox knows too, with public passwords; one for each branch of the sign-in. */
export const DEMO_USERS: readonly DemoUser[] = [
  {
    name: 'Rosa Winterbourne',
    email: 'rosa@example.com',
    password: 'Rosa-is-registered-1',
    accounts: ['36010001'],
    shows: 'registered at Invoice Cloud: start here',
  },
  {
    name: 'Umar Calloway',
    email: 'umar@example.com',
    password: 'Umar-may-register-2',
    accounts: ['36020002'],
    shows: 'not registered yet: is registered on the way',
  },
  {
    name: 'Theo Quimby',
    email: 'theo@example.com',
    password: 'Theo-has-three-5',
    accounts: ['36050005', '36050006', '36050007'],
    shows: 'three linked accounts',
  },
  {
    name: 'Dora Pellworth',
    email: 'dora@example.com',
    password: 'Dora-at-My360-6',
    accounts: ['36060006'],
    shows: 'other credentials at Invoice Cloud: Settings puts them right, by mail',
  },
  {
    name: 'Lena Marsh',
    email: 'lena@example.com',
    password: 'Lena-is-locked-4',
    accounts: ['36040004'],
    shows: 'locked by Invoice Cloud',
  },
];

/** In memory: a real portal has a database here. */
export class Users {
  private readonly byEmail = new Map<string, User>();

  constructor() {
    for (const { name, email, password, accounts } of DEMO_USERS) this.add(name, email, password, accounts);
  }

  find(email: string): User | undefined {
    return this.byEmail.get(email.toLowerCase());
  }

  /** The user whose password it is. */
  verify(email: string, password: string): User | undefined {
    const user = this.find(email);
    return user && timingSafeEqual(digest(password, user.salt), user.passwordDigest) ? user : undefined;
  }

  add(name: string, email: string, password: string, accounts: readonly string[]): User {
    const user = { name, email, accounts: new Set(accounts), ...record(password) };
    this.byEmail.set(email.toLowerCase(), user);
    return user;
  }

  /** After Invoice Cloud has made the same change. */
  change(user: User, { email, password }: { readonly email?: string; readonly password?: PasswordRecord }): void {
    this.byEmail.delete(user.email.toLowerCase());
    Object.assign(user, email !== undefined && { email }, password);
    this.byEmail.set(user.email.toLowerCase(), user);
  }
}

export function record(password: string): PasswordRecord {
  const salt = randomBytes(16);
  return { salt, passwordDigest: digest(password, salt) };
}

const digest = (password: string, salt: Buffer): Buffer => scryptSync(password, salt, 32);
