import { Injectable } from '@nestjs/common';

/** Which payments have a PostBack that this process has answered and could not record yet. Needs no database. */
@Injectable()
export class BeingRecorded {
  private has: (paymentId: string) => boolean = () => false;

  /** Whoever keeps PostBacks says so here. @param has must answer at once, and never throw */
  keptBy(has: (paymentId: string) => boolean): void {
    this.has = has;
  }

  waitsHere(paymentId: string): boolean {
    return this.has(paymentId);
  }
}
