import { randomBytes } from 'node:crypto';
import { type Biller, type HostedPage, newBiller, type WireRequest } from './biller.js';
import { settlePersonas } from './personas.js';
import { PRESETS, type BillerSettings } from './presets.js';

/** The oldest go, so that a benchmark does not fill the memory; the ledger keeps everything. */
const REQUESTS_KEPT = 10_000;

/** All that a sandbox knows: in memory, apart for each biller, gone when it stops. */
export class Store {
  private readonly billers = new Map<string, Biller>();
  private readonly keys = new Map<string, Biller>();
  private readonly pages = new Map<string, HostedPage>();

  constructor() {
    for (const preset of PRESETS) this.put(preset);
  }

  all(): readonly Biller[] {
    return [...this.billers.values()];
  }

  biller(guid: string): Biller | undefined {
    return this.billers.get(guid.toLowerCase());
  }

  byApiKey(apiKey: string): Biller | undefined {
    return this.keys.get(apiKey);
  }

  /** Creates a biller or replaces its settings, the key included; what it has recorded stays. */
  put(settings: BillerSettings): Biller {
    const biller = this.biller(settings.guid) ?? newBiller(settings);
    this.keys.delete(biller.settings.apiKey);
    biller.settings = settings;
    this.keys.set(settings.apiKey, biller);
    this.billers.set(settings.guid.toLowerCase(), biller);
    if (settings.personas) settlePersonas(biller);
    return biller;
  }

  record(biller: Biller, request: WireRequest): void {
    biller.requests.push(request);
    if (biller.requests.length > REQUESTS_KEPT) biller.requests.shift();
  }

  /** The hosted page's address is a bearer link (observed), hence the unguessable token. */
  openPage(page: Omit<HostedPage, 'token' | 'payments'>): HostedPage {
    const opened = { ...page, token: randomBytes(24).toString('base64url'), payments: [] };
    this.pages.set(opened.token, opened);
    return opened;
  }

  page(token: string): HostedPage | undefined {
    return this.pages.get(token);
  }
}
