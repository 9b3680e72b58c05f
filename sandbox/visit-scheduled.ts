import { randomUUID } from 'node:crypto';
import { Refusal, parseDay, shownDay } from './fields.js';
import { html, money, type Html } from './html.js';
import { billsOf } from './visit-bills.js';
import { visitPath, type Section } from './visit-layout.js';
import { methodName, methodOf, methodSelect } from './visit-methods.js';
import type { Visit } from './visits.js';
import type { ScheduledPayment } from './model.js';

const DAYS_AHEAD = 365;

export function scheduledPage(visit: Visit): Section {
  const { scheduled } = visit.user;
  return {
    name: 'scheduled',
    heading: 'Scheduled payments',
    main: html`${scheduled.length === 0 && html`<p class="card">No payment is scheduled.</p>`}
      ${scheduled.map((payment) => paymentForm(visit, payment))} ${scheduleForm(visit)}
      <p class="note">The sandbox keeps the schedule and pays nothing by itself.</p>`,
  };
}

export function changeScheduled(visit: Visit, form: URLSearchParams): string {
  const { user } = visit;
  const action = form.get('action');
  if (action === 'schedule') {
    const bill = billsOf(visit).find(({ key }) => key === form.get('invoice'));
    if (!bill) throw new Refusal('Choose an open bill.');
    const { accountNumber } = bill.account.customer;
    const { number: invoiceNumber, balanceCents: amountCents } = bill.invoice;
    if (user.scheduled.some((one) => one.accountNumber === accountNumber && one.invoiceNumber === invoiceNumber)) {
      throw new Refusal('A payment of this bill is already scheduled.');
    }
    const [methodId, date] = [methodOf(visit, form).id, dayOf(visit, form)];
    user.scheduled.push({ id: randomUUID(), accountNumber, invoiceNumber, amountCents, methodId, date });
    visit.notice = `A payment is scheduled for ${shownDay(date)}.`;
    return visitPath(visit, 'scheduled');
  }
  const payment = user.scheduled.find(({ id }) => id === form.get('payment'));
  if (!payment) throw new Refusal('That payment is not scheduled.');
  if (action === 'update') {
    payment.date = dayOf(visit, form);
    visit.notice = `The payment is now scheduled for ${shownDay(payment.date)}.`;
  } else if (action === 'cancel') {
    user.scheduled = user.scheduled.filter((one) => one !== payment);
    visit.notice = 'The scheduled payment is canceled.';
  } else throw new Refusal('Choose what to do.');
  return visitPath(visit, 'scheduled');
}

/** From today, in UTC, for a year. */
function dayOf({ biller: { clock } }: Visit, form: URLSearchParams): string {
  const day = parseDay((form.get('date') ?? '').trim());
  if (day === undefined || day < clock.inDays(0) || day > clock.inDays(DAYS_AHEAD)) {
    throw new Refusal('Choose a day from today, at most a year ahead.');
  }
  return day;
}

function paymentForm(visit: Visit, payment: ScheduledPayment): Html {
  const method = visit.user.methods.find(({ id }) => id === payment.methodId);
  return html`<form class="card narrow" method="post" action="${visitPath(visit, 'scheduled')}">
    <h2>${money(payment.amountCents)} on ${shownDay(payment.date)}</h2>
    <p>Account ${payment.accountNumber}, invoice ${payment.invoiceNumber}${method && `, by ${methodName(method)}`}</p>
    <input type="hidden" name="payment" value="${payment.id}" />
    ${dateInput(visit, `date-${payment.id}`, payment.date)}
    <div class="buttons gap">
      <button class="secondary" type="submit" name="action" value="update">Update the date</button>
      <button class="quiet" type="submit" name="action" value="cancel">Cancel the payment</button>
    </div>
  </form>`;
}

function scheduleForm(visit: Visit): Html | false {
  const bills = billsOf(visit);
  return (
    bills.length > 0 &&
    visit.user.methods.length > 0 &&
    html`<form class="card narrow" method="post" action="${visitPath(visit, 'scheduled')}" aria-labelledby="schedule">
      <h2 id="schedule">Schedule a payment</h2>
      <label for="invoice">Bill</label>
      <select id="invoice" name="invoice" required>
        ${bills.map(
          ({ key, account, invoice }) =>
            html`<option value="${key}">
              ${invoice.number} of account ${account.customer.accountNumber}, ${money(invoice.balanceCents)}
            </option> `,
        )}
      </select>
      ${methodSelect(visit.user.methods, 'method')} ${dateInput(visit, 'date', visit.biller.clock.inDays(7))}
      <button type="submit" name="action" value="schedule">Schedule</button>
    </form>`
  );
}

function dateInput({ biller: { clock } }: Visit, id: string, value: string): Html {
  return html`<label for="${id}">Date</label>
    <input
      id="${id}"
      type="date"
      name="date"
      value="${value}"
      min="${clock.inDays(0)}"
      max="${clock.inDays(DAYS_AHEAD)}"
      required
    />`;
}
