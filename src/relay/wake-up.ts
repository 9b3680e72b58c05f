import { Injectable } from '@nestjs/common';
import { Listener } from '../database/listener.js';

/** On which PostgreSQL tells every process that administrators made something due: rare, unlike what payments enqueue. */
export const CHANNEL = 'billbridge_relay';

/**
 * Only a hint: whoever is woken looks for himself, and looks every second anyway, so that a lost notification costs a second
 * and no delivery.
 */
@Injectable()
export class WakeUp {
  private onWake: () => void = () => undefined;

  constructor(listener: Listener) {
    listener.on(CHANNEL, () => this.wake());
  }

  /** Wakes this process alone. */
  wake(): void {
    this.onWake();
  }

  start(onWake: () => void): void {
    this.onWake = onWake;
  }
}
