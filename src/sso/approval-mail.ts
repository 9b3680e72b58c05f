import type { Changed } from './credential-change.entity.js';
import type { Mail } from '../mail/mailer.js';

/** What the user reads before deciding. */
export interface Question {
  readonly biller: string;
  readonly partner: string;
  readonly changes: readonly Changed[];
  readonly newEmail: string | undefined;
}

/** @example 'dora@example.com' -> 'd…@example.com' */
export function masked(email: string): string {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, 1)}…${email.slice(at)}`;
}

/** What a change does, in words. */
export function described({ changes, newEmail }: Pick<Question, 'changes' | 'newEmail'>): string[] {
  return changes.map((change) =>
    change === 'email' ? `your e-mail address becomes ${newEmail}` : 'your password becomes the new one you chose',
  );
}

/** Says who asked for what, and that nothing happens without a click on the page behind the link. */
export function approvalMail(to: string, question: Question, link: string): Mail {
  const { biller, partner } = question;
  return {
    to,
    subject: `${biller}: please confirm a change of your sign-in`,
    text: [
      `${partner} was asked to change how you sign in to pay your bills of ${biller}:`,
      '',
      ...described(question).map((line) => `  - ${line}`),
      '',
      'If that was you, open this page and approve the change:',
      '',
      link,
      '',
      'If it was not you, refuse it there, or do nothing: without your approval nothing changes.',
      'The link works once, within 24 hours.',
    ].join('\n'),
  };
}
