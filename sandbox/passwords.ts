import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** A password as it is kept: nobody, the control API included, can read it back. */
export interface PasswordDigest {
  readonly salt: Buffer;
  readonly digest: Buffer;
}

// Cheap on purpose: it runs on the event loop, keeps invented passwords, and they live as long as the process.
const COST = { N: 1024, r: 8, p: 1 };

export function digestOf(password: string): PasswordDigest {
  const salt = randomBytes(16);
  return { salt, digest: scryptSync(password, salt, 32, COST) };
}

export function isPassword({ salt, digest }: PasswordDigest, typed: string): boolean {
  return timingSafeEqual(digest, scryptSync(typed, salt, 32, COST));
}
