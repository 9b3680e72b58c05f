import { Refusal } from './fields.js';
import { html } from './html.js';
import { visitPath, type Section } from './visit-layout.js';
import type { Visit } from './visits.js';
import type { Account } from './model.js';

export function paperlessPage(visit: Visit): Section {
  return {
    name: 'paperless',
    heading: 'Paperless billing',
    main: html`${visit.user.accounts.map(({ customer }) => {
      const enrolled = visit.user.paperless.has(customer.accountNumber);
      return html`<form class="card row" method="post" action="${visitPath(visit, 'paperless')}">
        <p>
          <strong>Account ${customer.accountNumber}</strong>
          <span class="badge ${enrolled && 'good'}">${enrolled ? 'Paperless' : 'On paper'}</span><br />
          ${enrolled ? `Bills come to ${visit.user.email}, none on paper.` : 'Bills come on paper.'}
        </p>
        <input type="hidden" name="account" value="${customer.accountNumber}" />
        <button class="${enrolled && 'secondary'}" type="submit" name="action" value="${enrolled ? 'unenroll' : 'enroll'}">
          ${enrolled ? 'Back to paper' : 'Go paperless'}<span class="hidden">: account ${customer.accountNumber}</span>
        </button>
      </form>`;
    })}`,
  };
}

export function changePaperless(visit: Visit, form: URLSearchParams): string {
  const { accountNumber } = accountOf(visit, form).customer;
  if (enrolls(form)) visit.user.paperless.add(accountNumber);
  else visit.user.paperless.delete(accountNumber);
  visit.notice = enrolls(form)
    ? `Account ${accountNumber} is now paperless.`
    : `Account ${accountNumber} gets its bills on paper again.`;
  return visitPath(visit, 'paperless');
}

export function accountOf({ user }: Visit, form: URLSearchParams): Account {
  const account = user.accounts.find(({ customer }) => customer.accountNumber === form.get('account'));
  if (!account) throw new Refusal('That account is not yours.');
  return account;
}

export function enrolls(form: URLSearchParams): boolean {
  const action = form.get('action');
  if (action !== 'enroll' && action !== 'unenroll') throw new Refusal('Choose whether to enroll.');
  return action === 'enroll';
}
