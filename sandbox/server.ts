import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { Announcer } from './announcer.js';
import { control } from './control.js';
import { faultMenu } from './fault-menu.js';
import { cloudPayments } from './cpv2.js';
import { createCustomerRecord, customerPortalAccount, retrieveCustomerGuid } from './customers.js';
import { hostedRoutes } from './hosted-routes.js';
import { handoff } from './handoff.js';
import { unknownPage } from './hosted-page.js';
import { mailbox, type Mailbox } from './mailbox.js';
import { portal, show, showTool } from './portal.js';
import { PostbackSender } from './postback.js';
import { PRESETS } from './presets.js';
import { linkAccounts, registerAccounts, unregisterAccounts } from './registration.js';
import {
  remoteAuthentication,
  retrieveUserAccounts,
  retrieveUsers,
  updateEmailAddress,
  updatePassword,
} from './remote-authentication.js';
import { billerStatus } from './rest.js';
import { soapServices } from './soap-services.js';
import { startPage } from './start-page.js';
import { STYLE } from './style.js';
import { EXAMPLE_THEME } from './themes.js';
import { virtualSite } from './virtual-site.js';
import { visitPages } from './visit-pages.js';
import { Visits } from './visits.js';
import { readBodiesAsText, refuse, refuseRest, serve } from './wire.js';
import { Store } from './store.js';

export interface ServerOptions {
  /** Where payers reach the sandbox; a function, for a free port is known only once it listens. */
  readonly publicUrl: () => string;
  readonly mails: Mailbox;
  /** Takes one line per request. Off by default. */
  readonly log?: (line: string) => void;
}

/** The whole sandbox on one screen. */
export function createServer({ publicUrl, mails, log }: ServerOptions): FastifyInstance {
  // An idle keep-alive connection must not hold a closing sandbox open.
  const app = fastify({ forceCloseConnections: true, ajv: { customOptions: { removeAdditional: false } } });
  const store = new Store();
  const visits = new Visits();
  const sender = new PostbackSender();
  const announcer = new Announcer(sender);
  const closing = new AbortController();

  app.addHook('preClose', () => {
    closing.abort();
    announcer.close();
  });
  app.addHook('onClose', () => sender.close());
  if (log) {
    // The route and not the path, which may hold a page's token.
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? '(no such route)';
      log(`${request.method} ${route} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms`);
      done();
    });
  }
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ message: status < 500 ? error.message : 'The sandbox failed.' });
  });
  app.setNotFoundHandler((request, reply) =>
    request.headers.accept?.includes('text/html')
      ? show(reply, 404, unknownPage())
      : reply.code(404).send({ message: 'There is no such address here.' }),
  );

  void app.register((wire, _options, done) => {
    readBodiesAsText(wire);
    wire.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error.statusCode ?? 500;
      return refuse(reply, status, status < 500 ? error.message : 'The sandbox failed.');
    });
    serve(wire, store, closing.signal, cloudPayments(store, publicUrl));
    done();
  });
  void app.register((wire, _options, done) => {
    readBodiesAsText(wire);
    wire.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error.statusCode ?? 500;
      return refuseRest(reply, status, status < 500 ? error.message : 'The sandbox failed.', 'Failed');
    });
    serve(wire, store, closing.signal, billerStatus());
    serve(wire, store, closing.signal, retrieveUsers);
    serve(wire, store, closing.signal, remoteAuthentication);
    serve(wire, store, closing.signal, retrieveUserAccounts);
    serve(wire, store, closing.signal, registerAccounts);
    serve(wire, store, closing.signal, linkAccounts);
    serve(wire, store, closing.signal, unregisterAccounts);
    serve(wire, store, closing.signal, updatePassword);
    serve(wire, store, closing.signal, updateEmailAddress);
    serve(wire, store, closing.signal, retrieveCustomerGuid);
    serve(wire, store, closing.signal, createCustomerRecord);
    serve(wire, store, closing.signal, customerPortalAccount);
    done();
  });
  void app.register((soap, _options, done) => {
    soapServices(soap, store, closing.signal);
    done();
  });
  void app.register((pages, _options, done) => {
    portal(pages, store, announcer);
    hostedRoutes(pages, { store, mails, publicUrl });
    handoff(pages, store, visits);
    visitPages(pages, store, visits);
    virtualSite(pages, store);
    mailbox(pages, mails);
    faultMenu(pages, { store, sender, announcer, visits, mails });
    pages.get('/', (_request, reply) => showTool(reply, 200, startPage(PRESETS, publicUrl())));
    pages.get('/_sandbox/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
    pages.get('/_sandbox/themes/example.css', (_request, reply) =>
      reply.type('text/css; charset=utf-8').send(EXAMPLE_THEME),
    );
    done();
  });
  void app.register((steering, _options, done) => {
    control(steering, { store, sender, announcer, visits, mails });
    done();
  });
  return app;
}
