import { Refusal, isEmail, parseDay, shownDay } from './fields.js';
import { asidePage, pagePath } from './hosted-frame.js';
import { alertBox, html, money } from './html.js';
import type { Mailbox } from './mailbox.js';
import type { CartLine, HostedPage } from './biller.js';

const DAYS_AHEAD = 365;

/** Remind Me: where the reminder goes, and when. */
export function remindPage(page: HostedPage, line: CartLine, problem?: string): string {
  const { clock } = page.biller;
  const { customer, invoice } = line;
  const [today, last] = [clock.inDays(0), clock.inDays(DAYS_AHEAD)];
  const { dueDate = today } = invoice;
  const due = dueDate <= today ? clock.inDays(1) : dueDate > last ? last : dueDate;
  return asidePage(
    page,
    'Remind me',
    html`${alertBox(problem)}
      <form
        class="card narrow"
        method="post"
        action="${pagePath(page)}/remind/${page.cart.indexOf(line)}"
        aria-label="Remind me"
      >
        <p>Of invoice ${invoice.number}, ${money(invoice.balanceCents)}.</p>
        <label for="email">Email address</label>
        <input
          id="email"
          name="email"
          type="email"
          value="${customer.emailAddress}"
          autocomplete="email"
          maxlength="254"
          required
        />
        <label for="day">Remind me on</label>
        <input
          id="day"
          name="day"
          type="date"
          value="${due}"
          min="${today}"
          max="${last}"
          required
        />
        <p class="note">
          The sandbox writes the reminder at once; read it in its <a href="/mailbox" target="_blank">mailbox</a>.
        </p>
        <button type="submit">Remind me</button>
      </form>`,
  );
}

/** Writes the reminder. It is one mail, whatever the day: the sandbox has nobody who would wait for it. */
export function remind(page: HostedPage, line: CartLine, form: URLSearchParams, mails: Mailbox, origin: string): void {
  const { clock, settings } = page.biller;
  const email = (form.get('email') ?? '').trim();
  const day = parseDay((form.get('day') ?? '').trim());
  if (!isEmail(email)) throw new Refusal('Enter an email address.');
  if (day === undefined || day < clock.inDays(0) || day > clock.inDays(DAYS_AHEAD)) {
    throw new Refusal('Choose a day from today, at most a year ahead.');
  }
  const { invoice } = line;
  mails.write({
    from: 'reminders@invoice-cloud.example',
    to: [email],
    subject: `Reminder: invoice ${invoice.number} of ${settings.dba}`,
    text: [
      `You asked to be reminded on ${shownDay(day)}.`,
      '',
      `Invoice ${invoice.number}, ${money(invoice.balanceCents)}${invoice.dueDate ? `, due ${shownDay(invoice.dueDate)}` : ''}.`,
      `Pay it at ${origin}${pagePath(page)}`,
      '',
      settings.dba,
    ].join('\n'),
  });
  page.notice = `A reminder for ${shownDay(day)} goes to ${email}.`;
}
