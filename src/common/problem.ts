import { randomUUIDv7 } from 'node:crypto';
import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { html } from './html.js';
import { type Page, sendPage } from './page.js';
import { FieldError, PlatformError } from './platform-error.js';

/** RFC 9457, with the members we add. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
  readonly completed?: readonly string[];
  readonly missing?: readonly string[];
}

/** A route may answer its errors in another form: `@RouteConfig({ renderProblem })`. */
export type RenderProblem = (problem: Problem) => unknown;

/** What differs from the usual page of an error. */
export type ProblemPage = (problem: Problem) => Partial<Page>;

interface RouteShape {
  readonly renderProblem?: RenderProblem;
  /** Errors are pages for those who ask for HTML: a person looks at this route. It may say more than the error does. */
  readonly problemPage?: true | ProblemPage;
}

const MALFORMED = {
  code: 'malformed_request',
  title: 'The request could not be read',
  detail: 'The body is not valid JSON, or the URL is not valid. Check the syntax and send again.',
};

/** What the framework itself refuses, by status. Their texts are ours, so that no URL or value is echoed. */
const FRAMEWORK: Readonly<Record<number, { code: string; title: string; detail: string }>> = {
  400: MALFORMED,
  404: {
    code: 'not_found',
    title: 'Not found',
    detail: 'There is nothing at this address. The routes are listed at /docs.',
  },
  405: { code: 'method_not_allowed', title: 'Method not allowed', detail: 'This route does not take that method.' },
  408: { code: 'request_timeout', title: 'The request took too long', detail: 'The body did not arrive in time.' },
  413: {
    code: 'body_too_large',
    title: 'The body is too large',
    detail: 'Bodies may hold at most 64 KiB. Send less in one request.',
  },
  414: { code: 'url_too_long', title: 'The URL is too long', detail: 'Shorten the path or the query.' },
  415: {
    code: 'unsupported_media_type',
    title: 'Unsupported content type',
    detail: 'Send the body as application/json, with that Content-Type.',
  },
};

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  /** @param named gives errors of libraries a name of ours, where they have one */
  constructor(private readonly named: (error: unknown) => unknown) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = this.named(thrown);
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = this.describe(error, request.id);
    const config = request.routeOptions?.config as RouteShape | undefined;
    if (error instanceof PlatformError && error.retryAfter !== undefined) {
      void reply.header('retry-after', String(error.retryAfter));
    }
    if (config?.problemPage && /\btext\/html\b/.test(request.headers.accept ?? '')) {
      sendPage(reply, problem.status, {
        title: problem.title,
        body: html`<p>${problem.detail}</p>`,
        formAction: `'none'`,
        // Nothing on it can be clicked; a portal's iframe should show it and not stay blank.
        frameAncestors: ['*'],
        ...(config.problemPage !== true && config.problemPage(problem)),
      });
      return;
    }
    const render = config?.renderProblem;
    if (problem.status === 413) {
      this.logger.warn({ requestId: request.id, route: request.routeOptions?.url }, 'body too large, not read');
    }
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="billbridge"');
    void reply
      .status(problem.status)
      .header('content-type', render ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(JSON.stringify(render ? render(problem) : problem));
  }

  private describe(error: unknown, requestId: string): Problem {
    if (error instanceof PlatformError) {
      const { code, status, title } = error.type;
      if (status >= 500) {
        const cause = error.cause === undefined ? {} : { cause: traceOf(error.cause) };
        this.logger.warn({ requestId, code, detail: error.detail, ...cause }, 'request failed');
      }
      return problemOf({
        code,
        status,
        title,
        detail: error.detail,
        requestId,
        errors: error.errors,
        completed: error.completed,
        missing: error.missing,
      });
    }
    const status = statusOf(error);
    const known = FRAMEWORK[status];
    if (known) return problemOf({ ...known, status, requestId });
    // Only the name and the frames: a driver's message may quote a row's values.
    this.logger.error({ requestId, ...traceOf(error) }, 'unexpected error');
    return problemOf({
      code: 'internal_error',
      status: 500,
      title: 'Something went wrong on our side',
      detail: 'The request was not completed. Try again; if it persists, tell the operator the requestId.',
      requestId,
    });
  }
}

function problemOf(problem: Omit<Problem, 'type'>): Problem {
  const { errors, completed, missing, ...rest } = problem;
  return {
    type: `urn:billbridge:error:${problem.code}`,
    ...rest,
    ...(errors && { errors }),
    ...(completed && { completed }),
    ...(missing && { missing }),
  };
}

/** Of a URL that can't be routed. */
export function problemOfUrl(status: number, requestId: string): Problem {
  const known = FRAMEWORK[status];
  return known ? problemOf({ ...known, status, requestId }) : problemOf({ ...MALFORMED, status: 400, requestId });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

/** Where an unexpected error came from, without its message. */
export function traceOf(error: unknown): { error: string; code?: string; at: readonly string[] } {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const at = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim());
  const code = (error as { code?: unknown }).code;
  return { error: error.name, ...(typeof code === 'string' && { code }), at };
}

export const newRequestId = (): string => randomUUIDv7();
