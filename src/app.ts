import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { Draining } from './common/draining.js';
import { newRequestId, problemOfUrl } from './common/problem.js';
import type { Config } from './config/config.js';
import { serveDocs } from './docs.js';
import { logRequests } from './operations/logging.js';
import { Metrics } from './operations/metrics.js';

/** Requests are small; whatever is larger is a mistake or an attack. Bytes. */
const MOST_BYTES = 65_536;

/** The only way the platform is built, for `main` and the tests alike. The caller listens and closes. */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    // A HEAD of a launch link, as link scanners send it, must not use it up. A route may say otherwise: `@RouteConfig({ head: true })`.
    exposeHeadRoutes: false,
    // What comes on a connection that was accepted is served (`Draining`).
    return503OnClosing: false,
    bodyLimit: MOST_BYTES,
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    // Fastify's own are 0, no limit: a slow sender would hold its connection for ever. Milliseconds.
    connectionTimeout: 60_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      answerUrlError(error, request, reply, known.draining?.isOn ?? false);
    },
  });
  const known: { metrics?: Metrics; draining?: Draining } = {};
  const fastify = adapter.getInstance<FastifyInstance>();
  // A route may take more than the rest: `@RouteConfig({ mostBytes })`.
  fastify.addHook('onRoute', (route) => {
    const { mostBytes, head } = (route.config ?? {}) as { mostBytes?: number; head?: boolean };
    if (mostBytes !== undefined) route.bodyLimit = mostBytes;
    if (head && route.method === 'GET') fastify.route({ ...route, method: 'HEAD' });
  });
  readBodies(fastify);
  fastify.addHook('preClose', (done) => {
    known.draining?.begin();
    done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    // Answers hold keys, tokens and bearer links.
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    // A connection that is kept alive past the end of its request would keep a stopping process alive too.
    if (known.draining?.isOn) void reply.header('connection', 'close');
    // Closing at once would cut off who is still sending, before the answer is read.
    else if (reply.statusCode === 413) reply.removeHeader('connection');
    done(null, payload);
  });
  logRequests(fastify, config, (...answered) => known.metrics?.observe(...answered));

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config), adapter, {
    bodyParser: false,
    bufferLogs: true,
  });
  known.metrics = app.get(Metrics);
  const draining = app.get(Draining);
  draining.watch(fastify.server);
  known.draining = draining;
  app.useLogger(app.get(Logger));
  if (config.docs) serveDocs(app);
  return app;
}

/** JSON everywhere; on routes that say so (`rawBody`) whatever comes, as text, to be read by the route itself. */
function readBodies(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  const wantsRaw = (config: unknown): boolean => (config as { rawBody?: boolean }).rawBody === true;
  fastify.removeAllContentTypeParsers();
  // A route that reads for itself takes whatever comes, a header that is none included.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type'];
    if (wantsRaw(request.routeOptions.config) && type !== undefined && !/^[\w.+-]+\/[\w.+-]+( *;|$)/.test(type)) {
      request.headers['content-type'] = 'application/octet-stream';
    }
    done();
  });
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (wantsRaw(request.routeOptions.config)) done(null, body);
    else void parseJson(request, body as string, done);
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (wantsRaw(request.routeOptions.config)) done(null, body);
    else done(Object.assign(new Error('unsupported content type'), { statusCode: 415 }), undefined);
  });
}

/** URLs that can't be routed never reach the filter. */
function answerUrlError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, close: boolean): void {
  const problem = problemOfUrl(error.statusCode ?? 400, request.id);
  if (close) void reply.header('connection', 'close');
  void reply
    .status(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('x-request-id', request.id)
    .send(JSON.stringify(problem));
}
