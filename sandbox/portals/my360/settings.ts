import type { FastifyInstance } from 'fastify';
import { html, type Html } from '../shared/html.js';
import { Refused } from '../shared/platform.js';
import { field, formOf, showPart } from '../shared/portal-server.js';
import type { My360 } from './my360.js';
import { record } from './users.js';
import type { Visit } from './visits.js';

interface ChangeAnswer {
  readonly id: string | null;
  readonly status: 'waiting' | 'applying' | 'applied' | 'refused' | 'expired' | 'failed';
  readonly sentTo: string | null;
}

/** Story 9: e-mail address and password are changed here and at Invoice Cloud, or at neither. */
export function settings(app: FastifyInstance, my360: My360): void {
  const { users, platform, options } = my360;
  const mailboxUrl = options.demo && `${options.demo.sandboxUrl}/mailbox`;

  app.get('/settings', (request, reply) => {
    const visit = my360.visitor(request, reply);
    return visit ? my360.page(reply, visit, '/settings', 'Settings', settingsPage(visit, mailboxUrl)) : reply;
  });

  app.post('/settings', async (request, reply) => {
    const visit = my360.visitor(request, reply);
    if (!visit) return reply;
    const form = formOf(request);
    const [password, newPassword] = [form.get('password') ?? '', form.get('newPassword') || undefined];
    const newEmail = field(form, 'newEmail') || undefined;
    const problem = refuse(visit, password, newEmail, newPassword);
    if (problem) visit.notice = { kind: 'bad', text: problem };
    else await change(visit, password, newEmail, newPassword);
    return reply.redirect('/settings', 303);
  });

  /** Read again and again while a change waits. */
  app.get('/settings/change', async (request, reply) => {
    const visit = my360.visits.of(request);
    if (!visit?.change) return showPart(reply, html``);
    const { status } = await platform.ask<ChangeAnswer>('GET', `/sso/credential-changes/${visit.change.id}`);
    if (status === 'applied') {
      users.change(visit.user, visit.change);
      visit.cloud = undefined;
      visit.cloudProblem = 'Your credentials have changed. Sign out and in again.';
    }
    const part = changePart(status, visit.change.sentTo, mailboxUrl);
    if (status !== 'waiting' && status !== 'applying') visit.change = undefined;
    return showPart(reply, part);
  });

  function refuse(visit: Visit, password: string, newEmail?: string, newPassword?: string): string | undefined {
    if (users.verify(visit.user.email, password) !== visit.user) return 'Your current password is another one.';
    if (visit.cloud && newEmail === undefined && newPassword === undefined)
      return 'Enter a new e-mail address, a new password or both.';
    if (newEmail !== undefined && (users.find(newEmail) ?? visit.user) !== visit.user)
      return 'Somebody is registered with this e-mail address.';
    if (newPassword !== undefined && newPassword.length < 8) return 'A password has at least 8 characters.';
    return visit.user.accounts.size === 0 ? 'Link an account first.' : undefined;
  }

  async function change(visit: Visit, password: string, newEmail?: string, newPassword?: string): Promise<void> {
    const { email, accounts } = visit.user;
    const [accountNumber] = accounts;
    // Whom Invoice Cloud does not let in is known there by something else: it is told both, as they are here or become.
    const inStep = visit.cloud !== undefined;
    try {
      const answer = await platform.ask<ChangeAnswer>('POST', '/sso/credential-changes', {
        email,
        password,
        accountNumber,
        newEmail: newEmail ?? (inStep ? undefined : email),
        newPassword: newPassword ?? (inStep ? undefined : password),
      });
      const wanted = { email: newEmail, ...(newPassword !== undefined && { password: record(newPassword) }) };
      if (answer.id !== null) {
        // Invoice Cloud has other credentials: the platform has asked the user by mail. Nothing changes before the answer.
        visit.change = { id: answer.id, sentTo: answer.sentTo ?? '', ...wanted };
        return;
      }
      users.change(visit.user, wanted);
      await my360.signInAtInvoiceCloud(visit, newPassword ?? password);
      visit.notice = { kind: 'good', text: 'Changed, here and at Invoice Cloud.' };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      visit.notice = { kind: 'bad', text: `${error.title}. ${error.detail}` };
    }
  }
}

function changePart(status: ChangeAnswer['status'], sentTo: string, mailboxUrl?: string): Html {
  if (status === 'applied') {
    return html`<div class="alert good" data-news="The change is made.">
      <p>You approved it: the change is made, here and at Invoice Cloud. Sign out and in again with it.</p>
    </div>`;
  }
  if (status === 'waiting' || status === 'applying') {
    return html`<div class="alert" data-news="A mail was sent.">
      <p>
        Invoice Cloud has other credentials of yours, so a mail went to the address that it has, ${sentTo}. The change is made when
        you approve it. ${mailboxUrl !== undefined && html`<a href="${mailboxUrl}" target="_blank">The demo’s mailbox</a>`}
      </p>
    </div>`;
  }
  return html`<div class="alert bad" data-news="Nothing was changed.">
    <p>Nothing was changed: the request was ${status === 'failed' ? 'not accepted by Invoice Cloud' : status}.</p>
  </div>`;
}

function settingsPage({ user, cloud, change }: Visit, mailboxUrl?: string): Html {
  return html`<p id="news" role="status" class="note"></p>
    ${change && html`<div data-live="/settings/change">${changePart('waiting', change.sentTo, mailboxUrl)}</div>`}
    <form class="card" method="post" action="/settings" aria-labelledby="change">
      <h2 id="change">E-mail address and password</h2>
      <p>
        You sign in as <strong>${user.email}</strong>. Both are changed here and at Invoice Cloud: at once where Invoice Cloud has
        the same, and after your approval by mail where it has others.
      </p>
      ${
        !cloud &&
        html`<p>
          You are not signed in at Invoice Cloud. To have it take over what you sign in with here, your current password alone
          is enough.
        </p>`
      }
      <label for="new-email">New e-mail address</label>
      <input id="new-email" name="newEmail" type="email" autocomplete="off" />
      <label for="new-password">New password (8 characters or more)</label>
      <input id="new-password" name="newPassword" type="password" minlength="8" autocomplete="new-password" />
      <label for="password">Current password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      <button type="submit">Change</button>
    </form>`;
}
