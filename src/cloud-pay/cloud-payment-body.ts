import { createParamDecorator, Inject, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InvalidRequest } from '../common/platform-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { readCloudPaymentRequest, type ReadOptions } from './cpv2-reader.js';
import type { CloudPaymentRequest } from './cpv2-request.dto.js';

/** The body of a CPv2 request, for one of the two pipes below. The platform's validation pipe does not see it. */
export const CloudPaymentBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  return context.switchToHttp().getRequest<FastifyRequest>().body;
});

abstract class CloudPaymentPipe implements PipeTransform<unknown, CloudPaymentRequest> {
  protected abstract readonly unknown: ReadOptions['unknown'];

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  transform(body: unknown): CloudPaymentRequest {
    const result = readCloudPaymentRequest(body, { unknown: this.unknown, urls: this.config.urlPolicy });
    if (!result.ok) throw InvalidRequest.of(result.errors);
    return result.request;
  }
}

/** A field that is not of the design is an error that names it. */
@Injectable()
export class StrictCloudPayment extends CloudPaymentPipe {
  protected readonly unknown = 'refuse';
}

/** A field that we do not know goes on to Invoice Cloud: existing clients send some. */
@Injectable()
export class ForwardingCloudPayment extends CloudPaymentPipe {
  protected readonly unknown = 'forward';
}
