import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { changed, takePostbackFaults, type PostbackFault } from './postback-faults.js';
import { errorName, isCut, type PostbackFields, type PostbackForm, type PostbackSender } from './postback.js';
import type { Announcement, Biller, HostedPage } from './biller.js';
import type { LedgerEntry } from './model.js';
import type { Cut } from './postback-cut.js';

/**
 * Tells partners of payments: once, as far as is known of Invoice Cloud, unless the biller's settings or faults say
 * otherwise. Nobody waits for it: the payer has the receipt before.
 */
export class Announcer {
  private readonly closing = new AbortController();

  constructor(private readonly sender: PostbackSender) {}

  /** Sends an attempt's PostBack and books the outcome. `named` is a fault of its own, in place of those that wait. */
  announce(page: HostedPage, entry: LedgerEntry, named?: PostbackFault): void {
    const { biller, postBackUrl: url } = page;
    if (url === undefined) return;
    const faults = named ? [named] : takePostbackFaults(biller.postbackFaults);
    track(biller, this.play({ biller, entry, url }, faults));
  }

  /** Sends what waits for a next PostBack that may never come. */
  release(biller: Biller): void {
    if (biller.held.length > 0) track(biller, this.sendHeld(biller));
  }

  /** Ends all waiting. */
  close(): void {
    this.closing.abort();
  }

  private async play(told: Announcement, faults: readonly PostbackFault[]): Promise<void> {
    const { biller, entry } = told;
    for (const { kind, ms } of faults) if (ms > 0 && !(await this.wait(told, ms, kind))) return;
    const fault = faults.find(({ kind }) => kind !== 'delay') ?? faults[0];
    switch (fault?.kind) {
      case 'missing':
        entry.postbacks.push({ at: biller.clock.iso(), status: null, error: null, fault: fault.kind });
        return;
      case 'out-of-order':
        // The one that follows a held one is what that waits for, so that an endless fault swaps pairs.
        if (biller.held.length === 0) {
          biller.held.push(told);
          return;
        }
        await this.deliver(told, entry.parameters);
        break;
      case 'twice':
        await this.sendTwice(told, fault);
        break;
      case 'changed':
        await this.deliver(told, changed(entry.parameters, fault.fields), 'form', fault.kind);
        break;
      case 'forged-refusal':
        await this.send(told, forgedRefusal(entry, fault), 'form', fault.kind);
        await this.deliver(told, entry.parameters);
        break;
      case 'half-body':
      case 'reset':
      case 'answer-lost':
      case 'query':
      case 'json':
        await this.deliver(told, entry.parameters, fault.kind, fault.kind);
        break;
      default:
        await this.deliver(told, entry.parameters, 'form', fault?.kind);
    }
    await this.sendHeld(biller);
  }

  private async sendTwice(told: Announcement, { kind, atOnce }: PostbackFault): Promise<void> {
    const first = this.deliver(told, told.entry.parameters, 'form', kind);
    if (!atOnce) await first;
    await Promise.all([first, this.deliver(told, told.entry.parameters, 'form', kind)]);
  }

  private async sendHeld(biller: Biller): Promise<void> {
    for (const told of biller.held.splice(0)) {
      await this.deliver(told, told.entry.parameters, 'form', 'out-of-order');
    }
  }

  /** Sends and, where the biller's settings say so, sends again until the answer is 2xx. What was cut is then whole. */
  private async deliver(
    told: Announcement,
    fields: PostbackFields,
    way: PostbackForm | Cut = 'form',
    fault?: string,
  ): Promise<void> {
    let isTaken = await this.send(told, fields, way, fault);
    for (const ms of told.biller.settings.postbackRetries) {
      if (isTaken || !(await this.wait(told, ms, fault))) return;
      isTaken = await this.send(told, fields, isCut(way) ? 'form' : way);
    }
  }

  /** @returns whether the answer was 2xx */
  private async send(
    { biller, entry, url }: Announcement,
    fields: PostbackFields,
    way: PostbackForm | Cut,
    fault?: string,
  ): Promise<boolean> {
    const outcome = await this.sender.send(url, fields, way, biller.clock);
    entry.postbacks.push(fault === undefined ? outcome : { ...outcome, fault });
    return outcome.status !== null && outcome.status >= 200 && outcome.status < 300;
  }

  /** @returns false where the sandbox closed, or the biller was reset, meanwhile; that is booked. */
  private async wait({ biller, entry }: Announcement, ms: number, fault?: string): Promise<boolean> {
    try {
      await delay(ms, undefined, { signal: AbortSignal.any([this.closing.signal, biller.gone.signal]) });
      return true;
    } catch (error) {
      entry.postbacks.push({ at: biller.clock.iso(), status: null, error: errorName(error), fault });
      return false;
    }
  }
}

/** Resolves once the biller's PostBacks under way have their outcomes; one that is held is not under way. */
export async function settled(biller: Biller): Promise<void> {
  while (biller.sending.size > 0) await Promise.all(biller.sending);
}

function track(biller: Biller, sending: Promise<unknown>): void {
  const tracked = sending.finally(() => biller.sending.delete(tracked));
  biller.sending.add(tracked);
}

/** What somebody who knows the PostBackURL could send first: a refusal of the same invoice, with a GUID of its own. */
function forgedRefusal({ parameters }: LedgerEntry, { fields }: PostbackFault): PostbackFields {
  const refusal = { Approved: 'False', PaymentMessage: 'Declined', PaymentGUID: randomUUID() };
  return changed(parameters, { ...refusal, ...fields });
}
