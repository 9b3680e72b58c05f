import { Refusal, isEmail } from './fields.js';
import { asidePage, pagePath } from './hosted-frame.js';
import { alertBox, html } from './html.js';
import type { HostedPage } from './biller.js';
import type { Account } from './model.js';

const PASSWORD_LENGTH = 8;

/** Register: makes the user who then owns the cart's accounts. */
export function registerPage(page: HostedPage, problem?: string): string {
  const accounts = unregistered(page);
  const email = accounts[0]?.customer.emailAddress;
  return asidePage(
    page,
    'Register your account',
    html`${alertBox(problem)}
      <form class="card narrow" method="post" action="${pagePath(page)}/register" aria-label="Register">
        <p>
          ${accounts.length === 1 ? 'Account' : 'Accounts'}
          ${accounts.map(({ customer }) => customer.displayAccountNumber ?? customer.accountNumber).join(', ')} at
          ${page.biller.settings.dba}.
        </p>
        <label for="email">Email address</label>
        <input id="email" name="email" type="email" value="${email}" autocomplete="email" maxlength="254" required />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="new-password"
          minlength="${PASSWORD_LENGTH}"
          maxlength="200"
          aria-describedby="password-note"
          required
        />
        <p class="note" id="password-note">
          At least ${PASSWORD_LENGTH} characters. This is a sandbox: do not use a password of yours.
        </p>
        <label for="repeated">Password again</label>
        <input
          id="repeated"
          name="repeated"
          type="password"
          autocomplete="new-password"
          maxlength="200"
          required
        />
        <button type="submit">Register</button>
      </form>`,
  );
}

/** All accounts of the cart that are nobody's, or none. */
export function register(page: HostedPage, form: URLSearchParams): void {
  const accounts = unregistered(page);
  if (accounts.length === 0) throw new Refusal('This account is registered already.');
  const email = (form.get('email') ?? '').trim();
  const password = form.get('password') ?? '';
  if (!isEmail(email)) throw new Refusal('Enter an email address.');
  if (password.length < PASSWORD_LENGTH)
    throw new Refusal(`Choose a password of at least ${PASSWORD_LENGTH} characters.`);
  if (password !== form.get('repeated')) throw new Refusal('The two passwords differ.');
  if (page.biller.users.find(email)) throw new Refusal('A user with this email address is registered already.');
  page.biller.users.register(email, password, accounts);
  page.notice = `You are registered as ${email}.`;
}

function unregistered({ cart }: HostedPage): readonly Account[] {
  return [...new Set(cart.map(({ account }) => account))].filter(({ owner }) => !owner);
}
