import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { refuseUrl } from '../common/outbound-url.js';
import {
  InvoiceCloudAnswerUnreadable,
  InvoiceCloudKeyRefused,
  InvoiceCloudRejected,
  InvoiceCloudTimeout,
  InvoiceCloudUnavailable,
} from './errors.js';
import { operations, type Operation } from './operations.js';

/** In whose name Invoice Cloud is asked. An argument of every call, never state. */
export interface BillerCredentials {
  /** The biller's own Invoice Cloud, where it is not the platform's. */
  readonly url: string | undefined;
  readonly apiKey: string;
}

type Json = Readonly<Record<string, unknown>>;

/** The one door to Invoice Cloud: credentials, deadline, status mapping and parsing happen in one place. */
@Injectable()
export class InvoiceCloudClient {
  constructor(
    private readonly http: HttpService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Asks for a hosted page (Cloud Payments V2).
   * @param request in the design's field names, amounts in dollars
   * @returns the address to which the payer's browser goes: a bearer link, not to be logged
   */
  async openCloudPayment(as: BillerCredentials, request: Json): Promise<string> {
    const answer = await this.send(as, operations.openCloudPayment, request);
    const url = read(read(answer, 'Data'), 'CloudPaymentURL');
    if (typeof url !== 'string' || refuseHostedPage(url, this.config)) {
      throw new InvoiceCloudAnswerUnreadable(
        `Invoice Cloud answered ${operations.openCloudPayment.name} without a usable CloudPaymentURL.${messageOf(answer)}`,
      );
    }
    return url;
  }

  /** Whether Invoice Cloud takes the key. @throws InvoiceCloudKeyRefused when it does not */
  async billerStatus(as: BillerCredentials): Promise<void> {
    await this.send(as, operations.billerStatus);
  }

  private async send(as: BillerCredentials, operation: Operation, body?: Json): Promise<unknown> {
    const path = this.config.invoiceCloud.paths[operation.name] ?? operation.path;
    const credentials = operation.auth === 'key' ? as.apiKey : `${as.apiKey}:`;
    const answer = await this.exchange(operation, {
      url: (as.url ?? this.config.invoiceCloud.url) + path,
      authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
      body: body && JSON.stringify(body),
    });
    const parsed = parse(answer.data);
    refuseStatus(operation, answer.status, parsed);
    if (parsed === undefined) {
      throw new InvoiceCloudAnswerUnreadable(
        `Invoice Cloud answered ${operation.name} with ${answer.status} and something that is not JSON.`,
      );
    }
    return parsed;
  }

  private async exchange(
    operation: Operation,
    { url, authorization, body }: { url: string; authorization: string; body: string | undefined },
  ): Promise<{ status: number; data: string }> {
    const { timeoutMs } = this.config.invoiceCloud;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await this.http.axiosRef.request<string>({
        method: operation.method,
        url,
        headers: {
          authorization,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        data: body,
        signal: deadline,
        // axios would otherwise try to parse, decide about status and follow redirects itself.
        transformRequest: [(data: unknown) => data],
        transformResponse: [(data: unknown) => data],
        validateStatus: () => true,
      });
    } catch (error) {
      if (deadline.aborted || isTimeout(error)) {
        throw new InvoiceCloudTimeout(
          `Invoice Cloud did not finish answering ${operation.name} within ${timeoutMs / 1000} s. Try again.`,
          { retryAfter: 5 },
        );
      }
      throw new InvoiceCloudUnavailable(
        `Invoice Cloud could not be reached for ${operation.name}, or hung up (${codeOf(error)}). Try again.`,
        { retryAfter: 5 },
      );
    }
  }
}

function refuseStatus(operation: Operation, status: number, body: unknown): void {
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) {
    throw new InvoiceCloudKeyRefused(
      `Invoice Cloud answered ${operation.name} with ${status}: it does not accept this biller's API key. An administrator sets it with PUT /admin/v1/billers/{billerId}/api-key.`,
    );
  }
  if (status === 429 || status >= 500) {
    throw new InvoiceCloudUnavailable(`Invoice Cloud answered ${operation.name} with ${status}. Try again.`, {
      retryAfter: status === 429 ? 30 : 5,
    });
  }
  if (status >= 400) {
    throw new InvoiceCloudRejected(
      `Invoice Cloud refused ${operation.name} with ${status}.${messageOf(body)} Change the request accordingly.`,
    );
  }
  throw new InvoiceCloudAnswerUnreadable(
    `Invoice Cloud answered ${operation.name} with ${status}, which leads elsewhere and is not followed. Check INVOICE_CLOUD_URL.`,
  );
}

/** Invoice Cloud's own words help the caller; they are cut, and passed to the caller only, never logged. */
function messageOf(body: unknown): string {
  const message = read(body, 'Message') ?? read(read(body, 'Data'), 'Message');
  if (typeof message !== 'string' || !message) return '';
  return ` It said: "${message.replace(/[\p{Cc}"]/gu, ' ').slice(0, 200)}".`;
}

function read(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const wanted = name.toLowerCase();
  return Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** We send payers there, so it must be an address a browser opens, and in production an encrypted one. */
function refuseHostedPage(url: string, config: Config): string | undefined {
  const host = URL.parse(url)?.host;
  if (host && host === URL.parse(config.invoiceCloud.url)?.host) return undefined;
  return refuseUrl(url, config.urlPolicy);
}

const codeOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
};

const isTimeout = (error: unknown): boolean => /TIMEOUT|TimeoutError/.test(codeOf(error));
