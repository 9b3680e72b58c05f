import { Injectable } from '@nestjs/common';
import { Draining } from '../common/draining.js';
import { Intake } from '../common/intake.js';
import { PlatformError } from '../common/platform-error.js';
import { DatabaseProbe, type Lack } from '../database/probe.js';

/** How soon a balancer may ask again. Seconds. */
const RETRY_AFTER = 5;

export class NotReady extends PlatformError {
  static override readonly code = 'not_ready';
  static override readonly status = 503;
  static override readonly title = 'The platform is not ready';

  constructor(detail: string, missing: string) {
    super(detail, { missing: [missing], retryAfter: RETRY_AFTER });
  }
}

/** What a balancer asks before it sends requests here. Each answer comes within two seconds. */
@Injectable()
export class Health {
  constructor(
    private readonly database: DatabaseProbe,
    private readonly draining: Draining,
    private readonly intake: Intake,
  ) {}

  /** Whether this process can serve the API. @throws NotReady */
  async requireReady(): Promise<void> {
    this.refuseDraining();
    const lack = await this.database.lacks();
    if (lack) throw new NotReady(lack.detail, lack.missing);
  }

  /** Whether this process can take a PostBack: into the database, or into its spool. @throws NotReady */
  async requireIntake(): Promise<void> {
    this.refuseDraining();
    const spool = this.intake.spool();
    if (spool === 'room') return;
    const lack = await this.database.lacks();
    if (lack) throw spool === 'full' ? spoolFull(lack) : noSpool(lack);
  }

  private refuseDraining(): void {
    if (!this.draining.isOn) return;
    throw new NotReady(
      'This process is about to stop. It serves what comes; send new requests elsewhere.',
      'not-draining',
    );
  }
}

const spoolFull = ({ detail }: Lack): NotReady =>
  new NotReady(`${detail} And the spool is full: PostBacks are refused until it has room.`, 'spool-room');

const noSpool = ({ detail, missing }: Lack): NotReady =>
  new NotReady(`${detail} And there is no spool (SPOOL_DIR) that would keep PostBacks meanwhile.`, missing);
