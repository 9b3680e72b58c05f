import { Injectable } from '@nestjs/common';
import { BeingRecorded } from '../cloud-pay/being-recorded.js';
import { capabilitiesOf } from '../cloud-pay/capability.js';
import { within } from '../common/deadline.js';
import { SecretBox } from '../common/secret-box.js';
import type { StampedSecrets } from '../common/stamp.js';
import { mayWorkAgain } from '../database/postgres-errors.js';
import { RelayService } from '../relay/relay.service.js';
import { Spool } from '../spool/spool.js';
import { type Address, CapabilityAddress } from './address.js';
import { PostbackNotRecorded, PostbackUnknown } from './errors.js';
import { type RawPostback, readPostback } from './postback-message.js';
import { PostbackRecorder, type Received } from './recorder.js';
import { type Patience, PostbackRecording } from './recording.js';
import { spooled } from './spooled-form.js';

/** For a message to be recorded before it is kept in the spool. With the promise of the spool (`Lease`) less than two seconds. */
const PATIENCE_MS = 1_000;
/** The same while the database is known to be away. */
const AWAY_PATIENCE_MS = 250;

/** How a try to record a message ended; undefined: it has not. */
type Ended = { readonly known: boolean } | { readonly error: unknown } | undefined;

const notYet = (): Ended => undefined;

/**
 * What Invoice Cloud says has happened. It says so once and unsigned, so: store first, believe what agrees, answer. A message to a
 * genuine address that can't be recorded in time, for whatever reason, is kept in the spool, and answered then.
 */
@Injectable()
export class PostbacksService {
  private readonly capabilities: StampedSecrets;

  constructor(
    private readonly recording: PostbackRecording,
    private readonly recorder: PostbackRecorder,
    private readonly relay: RelayService,
    private readonly spool: Spool,
    box: SecretBox,
    beingRecorded: BeingRecorded,
  ) {
    beingRecorded.keptBy((paymentId) => spool.holds(paymentId));
    this.capabilities = capabilitiesOf(box);
  }

  /**
   * Returns when the message is recorded with what follows from it, or kept to be recorded.
   * @throws PostbackUnknown when no payment has this capability; that costs the caller the same time
   * @throws PostbackNotRecorded, SpoolFull, NotKept: it may be sent again
   */
  async receive(capability: string, raw: RawPostback): Promise<void> {
    const received = this.recorder.receive('postback', raw, readPostback(raw));
    const address = new CapabilityAddress(capability, this.capabilities);
    const known = await this.take(address, received);
    this.relay.wake();
    if (!known) throw new PostbackUnknown('Check the address: it belongs to no payment of this platform.');
  }

  /** @returns false when no payment has this address */
  private async take(address: Address, received: Received): Promise<boolean> {
    const { spool } = this;
    const patience: Patience = { isOver: false };
    if (!spool.isConfigured) return knownFrom(await ended(this.recording.patiently(address, received, patience)));
    const { paymentId } = address;
    // Behind those that wait already: what is said of one payment is recorded in order.
    if (paymentId !== undefined && spool.holds(paymentId) && address.isGenuine) {
      await spool.keep(spooled(paymentId, address, received, Date.now()));
      return true;
    }
    const trying = ended(this.recording.patiently(address, received, patience));
    const end = await within(trying, spool.isAway ? AWAY_PATIENCE_MS : PATIENCE_MS, notYet);
    if (end && 'known' in end) return end.known;
    // A stranger's message never goes to the spool; nor does one to an address from before there was one.
    if (paymentId === undefined || !address.isGenuine) return knownFrom(end ?? (await trying));
    patience.isOver = true;
    await spool.keep(spooled(paymentId, address, received, Date.now()));
    return true;
  }
}

/** Never rejects. */
const ended = (trying: Promise<boolean>): Promise<Exclude<Ended, undefined>> =>
  trying.then(
    (known) => ({ known }),
    (error: unknown) => ({ error }),
  );

/** @throws PostbackNotRecorded where another try may do, else the error itself */
function knownFrom(end: Exclude<Ended, undefined>): boolean {
  if ('known' in end) return end.known;
  if (!mayWorkAgain(end.error)) throw end.error;
  throw new PostbackNotRecorded('It could not be recorded in time. Send it again after Retry-After.', {
    cause: end.error,
    retryAfter: RETRY_AFTER,
  });
}

/** Seconds. */
const RETRY_AFTER = 5;
