import type { FastifyInstance } from 'fastify';
import { dollars, html, type Html } from '../shared/html.js';
import { Refused } from '../shared/platform.js';
import { field, formOf } from '../shared/portal-server.js';
import type { My360 } from './my360.js';
import type { Account, Visit } from './visits.js';

/** Story 10: accounts are linked and removed, here and at Invoice Cloud. */
export function accounts(app: FastifyInstance, my360: My360): void {
  const { platform } = my360;

  app.get('/accounts', (request, reply) => {
    const visit = my360.visitor(request, reply);
    return visit ? my360.page(reply, visit, '/accounts', 'Your accounts', accountsPage(visit)) : reply;
  });

  app.post('/accounts', async (request, reply) => {
    const visit = my360.visitor(request, reply);
    if (!visit) return reply;
    const number = field(formOf(request), 'accountNumber');
    await noticing(visit, async () => {
      const linked = await my360.withCloud(visit, (id) =>
        platform.ask<{ accounts: Account[] }>('POST', `/sso/sessions/${id}/accounts`, { accountNumbers: [number] }),
      );
      if (!linked || !visit.cloud) return;
      visit.cloud.accounts = linked.accounts;
      visit.user.accounts.add(number);
      visit.notice = { kind: 'good', text: `Account ${number} is linked.` };
    });
    return reply.redirect('/accounts', 303);
  });

  app.post('/accounts/remove', async (request, reply) => {
    const visit = my360.visitor(request, reply);
    if (!visit) return reply;
    const number = encodeURIComponent(field(formOf(request), 'accountNumber'));
    await noticing(visit, async () => {
      const gone = await my360.withCloud(visit, (id) =>
        platform.ask<{ unregistered: string[] }>('DELETE', `/sso/sessions/${id}/accounts/${number}`),
      );
      if (!gone || !visit.cloud) return;
      // Invoice Cloud has no unlink: the primary account takes the linked ones with it. The answer says which went.
      for (const account of gone.unregistered) visit.user.accounts.delete(account);
      const left = visit.cloud.accounts.filter(({ accountNumber }) => !gone.unregistered.includes(accountNumber));
      visit.cloud = left.length > 0 ? { ...visit.cloud, accounts: left } : undefined;
      visit.notice = { kind: 'good', text: `Removed: ${gone.unregistered.join(', ')}.` };
      if (left.length === 0)
        visit.cloudProblem = 'You have no account at Invoice Cloud any more, so you are not registered there.';
    });
    return reply.redirect('/accounts', 303);
  });
}

/** What the platform refuses is told on the next page. */
async function noticing(visit: Visit, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    visit.notice = { kind: 'bad', text: `${error.title}. ${error.detail}` };
  }
}

function accountsPage({ cloud, cloudProblem }: Visit): Html {
  if (!cloud) {
    return html`<div class="alert bad" role="alert"><p>${cloudProblem}</p></div>
      <p>Other credentials at Invoice Cloud? <a href="/settings">Settings</a> puts them in step.</p>`;
  }
  return html`<section class="card">
      <table class="stack">
        <caption>
          As Invoice Cloud has them
        </caption>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col" class="number">Balance</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${cloud.accounts.map(accountRow)}
        </tbody>
      </table>
    </section>
    <form class="card" method="post" action="/accounts" aria-labelledby="link">
      <h2 id="link">Link an account</h2>
      <label for="account">Account number</label>
      <input id="account" name="accountNumber" autocomplete="off" aria-describedby="link-note" required />
      <p class="note" id="link-note">36070007 is nobody’s, and free to be linked.</p>
      <button type="submit">Link</button>
    </form>`;
}

function accountRow({ accountNumber, name, primary, balanceCents }: Account): Html {
  const label = primary ? 'Remove, with all linked' : 'Remove';
  return html`<tr>
    <td data-label="Account"><code>${accountNumber}</code></td>
    <td data-label="Name">${name ?? 'linked just now'}</td>
    <td data-label="Kind">${primary ? 'primary' : 'linked'}</td>
    <td data-label="Balance" class="number">${balanceCents === null ? '–' : dollars(balanceCents)}</td>
    <td data-label="">
      <form method="post" action="/accounts/remove">
        <input type="hidden" name="accountNumber" value="${accountNumber}" />
        <button class="quiet" type="submit" aria-label="${label}: account ${accountNumber}">${label}</button>
      </form>
    </td>
  </tr> `;
}
