import { randomBytes } from 'node:crypto';
import {
  type Biller,
  type CartLine,
  type HostedPage,
  newBiller,
  type PageRequest,
  type WireRequest,
} from './biller.js';
import { Clock } from './clock.js';
import { settlePersonas } from './personas.js';
import { PRESETS, type BillerSettings } from './presets.js';

/** The oldest go, so that a benchmark does not fill the memory; the ledger keeps everything. */
const REQUESTS_KEPT = 10_000;

/** All that a sandbox knows: in memory, apart for each biller, gone when it stops. */
export class Store {
  readonly clock = new Clock();
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
    const biller = this.biller(settings.guid) ?? newBiller(settings, this.clock);
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
  openPage(page: PageRequest): HostedPage {
    const { clock, settings } = page.biller;
    const token = randomBytes(24).toString('base64url');
    const expiresAt = settings.pageSeconds === undefined ? undefined : clock.now() + settings.pageSeconds * 1000;
    const opened = { ...page, token, expiresAt, payments: [], removed: new Set<CartLine>() };
    this.pages.set(opened.token, opened);
    return opened;
  }

  page(token: string): HostedPage | undefined {
    return this.pages.get(token);
  }

  /** The page on which a payment was made. */
  pageOf(biller: Biller, paymentGuid: string): HostedPage | undefined {
    return [...this.pages.values()].find(
      (page) => page.biller === biller && page.payments.some((one) => one.paymentGuid === paymentGuid),
    );
  }

  /** The biller as if it had just been made: its settings stay, all else goes, its pages too. */
  resetBiller(old: Biller): void {
    this.forget(old);
    for (const [token, page] of this.pages) if (page.biller === old) this.pages.delete(token);
    this.put(old.settings);
  }

  /** The sandbox as it was when it started: the presets and nothing else. */
  reset(): void {
    for (const biller of this.all()) this.forget(biller);
    this.pages.clear();
    this.clock.reset();
    for (const preset of PRESETS) this.put(preset);
  }

  private forget(biller: Biller): void {
    biller.gone.abort();
    this.billers.delete(biller.settings.guid.toLowerCase());
    this.keys.delete(biller.settings.apiKey);
  }
}
