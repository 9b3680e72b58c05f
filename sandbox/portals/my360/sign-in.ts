import type { FastifyInstance, FastifyReply } from 'fastify';
import { html } from '../shared/html.js';
import { field, formOf, show } from '../shared/portal-server.js';
import { LOOK, type My360 } from './my360.js';
import { DEMO_USERS, type DemoUser } from './users.js';

/** Stories 1 and 2: sign-in and registration, here and at Invoice Cloud in one step. */
export function signIn(app: FastifyInstance, my360: My360): void {
  const { users, visits, platform } = my360;

  app.get('/', (request, reply) => (visits.of(request) ? reply.redirect('/accounts', 303) : signInPage(reply)));

  app.post('/sign-in', async (request, reply) => {
    const form = formOf(request);
    const password = form.get('password') ?? '';
    const user = users.verify(field(form, 'email'), password);
    if (!user) return signInPage(reply.code(422), 'That e-mail address and password do not belong together.');
    const visit = visits.begin(reply, user);
    await my360.signInAtInvoiceCloud(visit, password);
    return reply.redirect('/accounts', 303);
  });

  app.get('/register', (_request, reply) => registrationPage(reply));
  app.post('/register', async (request, reply) => {
    const form = formOf(request);
    const [name, email, accountNumber] = [field(form, 'name'), field(form, 'email'), field(form, 'accountNumber')];
    const password = form.get('password') ?? '';
    if (!name || !/^\S+@\S+$/.test(email) || !accountNumber || password.length < 8) {
      return registrationPage(reply.code(422), 'Fill in everything; a password has at least 8 characters.');
    }
    if (users.find(email)) return registrationPage(reply.code(422), 'Somebody is registered with this e-mail address.');
    // A real portal first makes sure that the account is this person's, by a mail or a letter.
    const user = users.add(name, email, password, [accountNumber]);
    const visit = visits.begin(reply, user);
    await my360.registerAtInvoiceCloud(visit, password, accountNumber);
    return reply.redirect('/accounts', 303);
  });

  app.post('/sign-out', async (request, reply) => {
    const visit = visits.of(request);
    if (visit) {
      visits.end(reply, visit);
      await my360.withCloud(visit, (id) => platform.ask('DELETE', `/sso/sessions/${id}`));
    }
    return reply.redirect('/', 303);
  });
}

const problemOf = (problem: string | undefined) =>
  problem !== undefined && html`<div class="alert bad" role="alert"><p>${problem}</p></div>`;

function signInPage(reply: FastifyReply, problem?: string): FastifyReply {
  return show(reply, LOOK, {
    title: 'Your utility, in one place',
    main: html`${problemOf(problem)}
      <div class="grid">
        <form class="card" method="post" action="/sign-in" aria-labelledby="sign-in">
          <h2 id="sign-in">Sign in</h2>
          <label for="email">E-mail address</label>
          <input id="email" name="email" type="email" autocomplete="username" required />
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required />
          <button type="submit">Sign in</button>
          <p class="note">New here? <a href="/register">Register</a>. Just paying once? <a href="/pay">Pay without registering</a>.</p>
        </form>
        <section class="card" aria-labelledby="demo">
          <h2 id="demo">Demo: sign in with one click</h2>
          ${DEMO_USERS.map(demoUser)}
          <p class="note">Invented people with public passwords. Passwords pass through to Invoice Cloud and are kept by nobody in between.</p>
        </section>
      </div>`,
  });
}

const demoUser = ({ name, email, password, shows }: DemoUser) =>
  html`<form class="pick" method="post" action="/sign-in">
    <input type="hidden" name="email" value="${email}" />
    <input type="hidden" name="password" value="${password}" />
    <button class="quiet" type="submit">Sign in as ${name.split(' ')[0]}</button> <span class="note">${shows}</span>
  </form> `;

function registrationPage(reply: FastifyReply, problem?: string): FastifyReply {
  return show(reply, LOOK, {
    title: 'Register',
    main: html`${problemOf(problem)}
      <form class="card" method="post" action="/register" aria-label="Register">
        <label for="name">Name</label>
        <input id="name" name="name" autocomplete="name" required />
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" autocomplete="username" required />
        <label for="password">Password (8 characters or more)</label>
        <input id="password" name="password" type="password" minlength="8" autocomplete="new-password" required />
        <label for="account">Account number</label>
        <input id="account" name="accountNumber" autocomplete="off" aria-describedby="account-note" required />
        <p class="note" id="account-note">
          It stands on your bill. Any number will do here: one that Invoice Cloud does not know is made, such as 36030003; one
          that it knows and nobody has, such as 36070007, is registered.
        </p>
        <button type="submit">Register</button>
      </form>`,
  });
}
