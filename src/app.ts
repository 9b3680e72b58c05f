import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { newRequestId } from './common/problem.js';
import type { Config } from './config/config.js';
import { serveDocs } from './docs.js';
import { logRequests } from './operations/logging.js';

/** Requests are small; whatever is larger is a mistake or an attack. Bytes. */
const MOST_BYTES = 65_536;

/** The only way the platform is built, for `main` and the tests alike. The caller listens and closes. */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    // A HEAD of a launch link, as link scanners send it, must not use it up.
    exposeHeadRoutes: false,
    bodyLimit: MOST_BYTES,
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    // Fastify's own are 0, no limit: a slow sender would hold its connection for ever. Milliseconds.
    connectionTimeout: 60_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  readBodies(fastify);
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    done(null, payload);
  });
  logRequests(fastify, config);

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config), adapter, {
    bodyParser: false,
    bufferLogs: true,
  });
  app.useLogger(app.get(Logger));
  app.enableShutdownHooks([]);
  if (config.docs) serveDocs(app);
  return app;
}

/** JSON everywhere; on routes that say so (`rawBody`) whatever comes, as text, to be read by the route itself. */
function readBodies(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  const wantsRaw = (config: unknown): boolean => (config as { rawBody?: boolean }).rawBody === true;
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (wantsRaw(request.routeOptions.config)) done(null, body);
    else void parseJson(request, body as string, done);
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (wantsRaw(request.routeOptions.config)) done(null, body);
    else done(Object.assign(new Error('unsupported content type'), { statusCode: 415 }), undefined);
  });
}
