import { paymentIdOf } from '../cloud-pay/capability.js';
import { digestOf } from '../common/secret-box.js';
import type { StampedSecrets } from '../common/stamp.js';

/** Where a message was sent to. */
export interface Address {
  /** The payment that it names; undefined for addresses from before they named one, and for what is none. */
  readonly paymentId: string | undefined;
  /** Of the whole capability, as the payment keeps it. */
  readonly digest: Buffer;
  /** Whether this platform has made the address, so that a stranger can't have guessed it. */
  readonly isGenuine: boolean;
}

/** Reads a capability as far as it is asked. */
export class CapabilityAddress implements Address {
  readonly paymentId: string | undefined;
  readonly digest: Buffer;

  constructor(
    private readonly capability: string,
    private readonly secrets: StampedSecrets,
  ) {
    this.paymentId = paymentIdOf(capability);
    this.digest = digestOf(capability);
  }

  /** Reckons a MAC: asked for only where the usual way has failed. */
  get isGenuine(): boolean {
    return this.secrets.idOf(this.capability) !== undefined;
  }
}
