import { html, type Html } from './html.js';
import { methodName, methodOf, methodSelect } from './visit-methods.js';
import { visitPath, type Section } from './visit-layout.js';
import { accountOf, enrolls } from './visit-paperless.js';
import type { Visit } from './visits.js';
import type { Account } from './model.js';

export function autopayPage(visit: Visit): Section {
  const { accounts, methods } = visit.user;
  return {
    name: 'autopay',
    heading: 'AutoPay',
    main: html`${
      methods.length === 0 &&
      html`<p class="card">
          AutoPay needs a stored payment method.
          <a href="${visitPath(visit, 'payment-options')}">Add one</a>
        </p>`
    }
      ${accounts.map((account) => enrolment(visit, account))}
      <p class="note">The sandbox keeps the enrollment and pays nothing by itself.</p>`,
  };
}

function enrolment(visit: Visit, { customer }: Account): Html | false {
  const { methods, autopay } = visit.user;
  const method = methods.find(({ id }) => id === autopay.get(customer.accountNumber));
  return (
    (methods.length > 0 || method !== undefined) &&
    html`<form class="card narrow" method="post" action="${visitPath(visit, 'autopay')}">
      <h2>Account ${customer.accountNumber}</h2>
      <p>${method ? `Bills are paid by ${methodName(method)} when they are due.` : 'Not enrolled.'}</p>
      <input type="hidden" name="account" value="${customer.accountNumber}" />
      ${!method && methodSelect(methods, `method-${customer.accountNumber}`)}
      <button class="${method && 'secondary'}" type="submit" name="action" value="${method ? 'unenroll' : 'enroll'}">
        ${method ? 'Stop AutoPay' : 'Enroll in AutoPay'}<span class="hidden">: account ${customer.accountNumber}</span>
      </button>
    </form>`
  );
}

export function changeAutopay(visit: Visit, form: URLSearchParams): string {
  const { accountNumber } = accountOf(visit, form).customer;
  if (enrolls(form)) {
    visit.user.autopay.set(accountNumber, methodOf(visit, form).id);
    visit.notice = `Account ${accountNumber} is enrolled in AutoPay.`;
  } else {
    visit.user.autopay.delete(accountNumber);
    visit.notice = `AutoPay of account ${accountNumber} is stopped.`;
  }
  return visitPath(visit, 'autopay');
}
