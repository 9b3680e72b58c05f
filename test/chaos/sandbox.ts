import type { LedgerEntry } from './compare.js';
import { ask, askJson } from './http.js';

const CARDS = { approved: '4111111111111112', declined: '4000000000009996' };

interface Attempt {
  readonly paymentGuid: string;
  readonly invoiceNumber: string;
  readonly amountCents: number;
  readonly approved: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly postbacks: readonly { readonly status: number | null }[];
}

export interface Biller {
  readonly guid: string;
  readonly apiKey: string;
}

/** Everything that the chaos run knows of the sandbox's routes. */
export class SandboxClient {
  constructor(readonly url: string) {}

  async addBiller({ guid, apiKey }: Biller): Promise<void> {
    await this.steer('', { billerGuid: guid, apiKey, name: 'Chaos biller' });
  }

  /** Pays as the hosted page's form does. @returns the PaymentGUID of the attempt */
  async pay(page: string, card: keyof typeof CARDS): Promise<string> {
    const { paymentGuid } = await askJson<{ paymentGuid: string | null }>(`${this.url}/_sandbox/pay`, {
      body: { paymentUrl: page, method: 'card', number: CARDS[card] },
    });
    if (!paymentGuid) throw new Error('the hosted page took no payment');
    return paymentGuid;
  }

  /** Posts an attempt's PostBack again, or a changed one. @returns the statuses answered; null: no answer */
  async postBack(
    { guid }: Biller,
    page: string,
    wanted: { paymentGuid?: string; times?: number; atOnce?: boolean; fields?: Record<string, string> },
  ): Promise<(number | null)[]> {
    const body = { paymentUrl: page, ...wanted };
    const answer = await askJson<{ outcomes: { status: number | null }[] }>(`${this.of(guid)}/postbacks`, {
      body,
      timeoutMs: 30_000,
    });
    return answer.outcomes.map(({ status }) => status);
  }

  /** Every attempt to pay, once its PostBack has its outcome. */
  async attempts({ guid }: Biller): Promise<readonly Attempt[]> {
    const { attempts } = await askJson<{ attempts: readonly Attempt[] }>(`${this.of(guid)}/ledger?settled=true`, {
      timeoutMs: 30_000,
    });
    return attempts;
  }

  /** @param acknowledged PaymentGUIDs whose repeated PostBacks were answered with 2xx; @param repeated which are repeated */
  async ledger(
    biller: Biller,
    acknowledged: ReadonlySet<string>,
    repeated: (invoiceNumber: string) => boolean,
  ): Promise<LedgerEntry[]> {
    return (await this.attempts(biller)).map(({ paymentGuid, invoiceNumber, amountCents, approved, postbacks }) => ({
      paymentGuid,
      invoiceNumber,
      amountCents,
      approved,
      acknowledged: acknowledged.has(paymentGuid) || postbacks.some(({ status }) => isTaken(status)),
      repeated: repeated(invoiceNumber),
    }));
  }

  /** Account number to the PostBackURL that we gave, of the openings that were asked for last. */
  async postBackUrls({ guid }: Biller): Promise<Map<string, string>> {
    const { requests } = await askJson<{ requests: { operation: string; body: Cpv2 | null }[] }>(
      `${this.of(guid)}/requests`,
      { timeoutMs: 60_000 },
    );
    const found = new Map<string, string>();
    for (const { operation, body } of requests) {
      const account = body?.Customers?.[0]?.AccountNumber;
      if (operation === 'cloud-payments' && body?.PostBackURL && account) found.set(account, body.PostBackURL);
    }
    return found;
  }

  /** The next `times` calls (0: all until `heal`) misbehave. */
  async fault({ guid }: Biller, fault: { kind: string; ms?: number; status?: number; times?: number }): Promise<void> {
    await askJson(`${this.of(guid)}/faults`, { body: fault });
  }

  async heal({ guid }: Biller): Promise<void> {
    await ask(`${this.of(guid)}/faults`, { method: 'DELETE' });
  }

  private async steer(path: string, body: object): Promise<void> {
    await askJson(`${this.url}/_sandbox/billers${path}`, { body });
  }

  private of(guid: string): string {
    return `${this.url}/_sandbox/billers/${guid}`;
  }
}

interface Cpv2 {
  readonly PostBackURL?: string;
  readonly Customers?: readonly { readonly AccountNumber?: string }[];
}

export const isTaken = (status: number | null | undefined): boolean =>
  status !== null && status !== undefined && status >= 200 && status < 300;
