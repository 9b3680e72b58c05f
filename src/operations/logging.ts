import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Params } from 'nestjs-pino';
import { pino } from 'pino';
import type { Config } from '../config/config.js';

/**
 * One line a request, written by us: what may stand in it is a list, not what is left after redaction. A URL holds
 * capabilities and tickets, so the route's pattern is logged in its place; headers and bodies are not logged at all.
 */
export function logging(config: Config): Params {
  return { pinoHttp: { logger: loggerOf(config), autoLogging: false, quietReqLogger: true }, forRoutes: [] };
}

/** How late a line may come. Milliseconds. */
const FLUSH_MS = 200;

/**
 * Lines go out together and not each by a write of its own, which no request waits for. An orderly end and an uncaught error
 * write what is left; a SIGKILL loses what the last moment said. The database holds whatever must not be lost.
 */
const output = pino.destination({ dest: 1, sync: false, minLength: 8_192, periodicFlush: FLUSH_MS });

const loggerOf = (config: Config) =>
  pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);

/** @param observe counts what was answered; known once the application is made */
export function logRequests(
  fastify: FastifyInstance,
  config: Config,
  observe: (method: string, route: string, status: number, seconds: number) => void,
): void {
  const logger = loggerOf(config).child({ context: 'http' });
  fastify.addHook('onResponse', (request: FastifyRequest, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    logger.info({
      requestId: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
}
