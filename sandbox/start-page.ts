import { facts, html, layout, type Html } from './html.js';
import { PERSONAS } from './personas.js';
import { table } from './table.js';
import { scenarioTables, testNumberTable } from './test-number-tables.js';
import type { BillerSettings } from './presets.js';

/** Tells whoever opens the sandbox's address what it is, how to point an integration at it, and where to go on. */
export function startPage(billers: readonly BillerSettings[], baseUrl: string): string {
  return layout(
    'A pretend Invoice Cloud',
    'Billbridge sandbox',
    html`<p class="lead">
        Build and test against this instead of the real Invoice Cloud. It keeps everything in memory, moves no money, and
        forgets all when it stops.
      </p>
      ${quickStart(billers, baseUrl)} ${places(billers)}
      <section class="card" aria-labelledby="numbers">
        <h2 id="numbers">Test numbers</h2>
        ${testNumberTable(true)}
      </section>
      <section class="card" aria-labelledby="scenarios">
        <h2 id="scenarios">Scenarios by number</h2>
        <p>
          A test asks for a failure by the number that it sends: <code>FAULT-429-1234</code> is answered 429 each time,
          <code>FAULT-429-ONCE-1234</code> the first time alone. What follows the last hyphen is yours. Seconds stand
          after <code>SLOW</code> and <code>LATE</code>: <code>FAULT-LATE30-1234</code>.
        </p>
        ${scenarioTables()}
      </section>
      ${personas()}`,
  );
}

function quickStart([biller]: readonly BillerSettings[], baseUrl: string): Html | false {
  return (
    biller !== undefined &&
    html`<section class="card" aria-labelledby="quick-start">
      <h2 id="quick-start">Point your integration at it</h2>
      <ol class="steps">
        <li>Use <code>${baseUrl}</code> in place of <code>https://www.invoicecloud.com</code>.</li>
        <li>Use the keys of a demo biller, below, or make a biller of your own: <code>POST /_sandbox/billers</code>.</li>
        <li>Open a hosted page; then open the address it answers, and pay with <code>4111 1111 1111 1112</code>:</li>
      </ol>
      <pre tabindex="0" role="region" aria-label="A Cloud Payments request to paste">${curl(biller, baseUrl)}</pre>
      <p class="note">
        Whoever pays causes a PostBack to the request’s PostBackURL. The <a href="/_sandbox/faults">fault menu</a> shows
        what was asked, what was paid, and what your PostBackURL answered.
      </p>
    </section>`
  );
}

/** What works when it is pasted into a shell; the key alone is what Basic carries (observed). */
export function curl({ apiKey }: BillerSettings, baseUrl: string): string {
  const request = {
    CreateCustomerRecord: true,
    Customers: [
      {
        AccountNumber: '209860',
        Name: 'Jane Payer',
        EmailAddress: 'payer@example.com',
        Invoices: [{ InvoiceNumber: '2025000158', TypeID: 39, DueDate: '12/31/2030', BalanceDue: 3.0 }],
      },
    ],
    PostBackURL: 'http://localhost:8080/your-postback',
    BillerReference: 'your-reference',
    ViewMode: 0,
  };
  return [
    `KEY='${apiKey}'`,
    `curl -sS ${baseUrl}/cloudpaymentsapi/v2 \\`,
    `  -H "Authorization: Basic $(printf %s "$KEY" | base64 | tr -d '\\n')" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(request)}'`,
  ].join('\n');
}

function places(billers: readonly BillerSettings[]): Html {
  return html`<div class="tiles">
      <section class="card" aria-labelledby="faults">
        <h2 id="faults"><a href="/_sandbox/faults">Fault menu</a></h2>
        <p>Make the next call or PostBack fail, move the clock, see what was called and what was paid.</p>
      </section>
      <section class="card" aria-labelledby="mail">
        <h2 id="mail"><a href="/mailbox">Mailbox</a></h2>
        <p>Every mail that was sent to the sandbox, reminders of the hosted page among them.</p>
      </section>
      <section class="card" aria-labelledby="machine">
        <h2 id="machine"><a href="/_sandbox/billers">Control API</a></h2>
        <p>All of it as JSON, for tests; <a href="/_sandbox/health">health</a> too. README.md describes it.</p>
      </section>
    </div>
    <div class="tiles">
      ${billers.map(
        (settings, index) =>
          html`<section class="card" aria-labelledby="biller-${index}">
            <h2 id="biller-${index}">${settings.name}</h2>
            ${facts([
              ['Payers see', settings.dba],
              ['BillerGUID', html`<code>${settings.guid}</code>`],
              ['API key', html`<code>${settings.apiKey}</code>`],
              ['WebServiceKey', html`<code>${settings.webServiceKey}</code>`],
              ['Guests pay at', html`<a href="/portal/2/Site.aspx?G=${settings.guid}">its Virtual Site</a>`],
            ])}
          </section>`,
      )}
    </div>`;
}

function personas(): Html {
  const credentials = (email?: string, password?: string) =>
    email !== undefined && html`${email}${password !== undefined && html`<br /><code>${password}</code>`}`;
  return html`<section class="card" aria-labelledby="personas">
    <h2 id="personas">Invented customers</h2>
    ${table({
      caption:
        'Each demo biller has them, one for each branch of single sign-on. Nobody is real, and the passwords are public.',
      columns: ['Branch', 'Name', 'Account', 'At Invoice Cloud', 'At My360'],
      rows: PERSONAS.map(({ branch, name, accounts, email, password, my360 }) => [
        branch,
        name,
        accounts.join(', '),
        credentials(email, password),
        my360 ? credentials(my360.email, my360.password) : email && 'the same',
      ]),
    })}
  </section>`;
}
