import { testNumbers } from './hosted-page.js';
import { html, layout, type Html } from './html.js';
import { PERSONAS } from './personas.js';
import type { BillerSettings } from './presets.js';

/** Tells whoever opens the sandbox's address what it is and where to go on. */
export function startPage(billers: readonly BillerSettings[]): string {
  return layout(
    'A pretend Invoice Cloud',
    'Billbridge sandbox',
    html`<section class="card">
        <p>
          Partners build and test against this instead of the real Invoice Cloud. It keeps everything in memory, moves
          no money, and forgets all when it stops.
        </p>
        <p>
          <code>POST /cloudpaymentsapi/v2</code> opens a hosted payment page and answers its address;
          <code>GET /api/v1/biller/status</code> says whether an API key works;
          <code>POST /portal/webservices/CloudInvoicing.asmx</code> (SOAP 1.2) says what an invoice owes. Whoever pays on the hosted page causes a
          PostBack to the PostBackURL of the request.
        </p>
        <p>
          My360’s single sign-on is here too: REST v1 under <code>/api/v1/</code>, the hand-off
          <code>POST /portal/cloudsso</code>, the customer portal behind it, and every mail sent to the sandbox in the
          <a href="/mailbox">mailbox</a>.
        </p>
      </section>
      <section class="card" aria-labelledby="billers">
        <h2 id="billers">Demo billers</h2>
        <dl class="facts">
          ${billers.map(
            (settings) =>
              html`<dt>${settings.name}</dt>
                <dd>
                  <code>${settings.guid}</code>
                  <a href="/portal/2/Site.aspx?G=${settings.guid}">Virtual Site</a>
                </dd> `,
          )}
        </dl>
        <p><a href="/_sandbox/billers">Their API keys and web service keys</a> (JSON) · <a href="/_sandbox/health">Health</a> (JSON)</p>
      </section>
      ${personas()} ${testNumbers()}`,
  );
}

function personas(): Html {
  const columns = ['Branch', 'Name', 'Account', 'At Invoice Cloud', 'At My360'];
  const credentials = (email?: string, password?: string) =>
    email !== undefined && html`${email}${password !== undefined && html`<br /><code>${password}</code>`}`;
  return html`<section class="card" aria-labelledby="personas">
    <h2 id="personas">Invented customers</h2>
    <table class="cart">
      <caption>
        Each demo biller has them, one for each branch of single sign-on. Nobody is real, and the passwords are public.
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${PERSONAS.map(
          ({ branch, name, accounts, email, password, my360 }) =>
            html`<tr>
              <td data-label="Branch">${branch}</td>
              <td data-label="Name">${name}</td>
              <td data-label="Account">${accounts.join(', ')}</td>
              <td data-label="At Invoice Cloud">${credentials(email, password)}</td>
              <td data-label="At My360">${my360 ? credentials(my360.email, my360.password) : 'the same'}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}
