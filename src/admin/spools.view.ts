import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '../common/rules.js';

export class SpoolView {
  /** The name of its folder in SPOOL_DIR. */
  @ApiProperty({ format: 'uuid' }) id: string;
  /** The process that holds it, or held it last; a process has a new id after each start. */
  @ApiProperty({ format: 'uuid' }) owner: string;
  /** Where its process runs, or ran. @example 'app-1' */
  host: string;
  /** `silent`: its process is gone, or can't reach the database. */
  @ApiProperty({ enum: ['held', 'silent'] }) state: string;
  /** Messages that waited when it was last heard of. A silent one may have taken more since. */
  @ApiProperty({ type: 'integer' }) waiting: number;
  /** Payments that are not opened anew because of it. */
  @ApiProperty({ type: 'integer' }) marked: number;
  /** What its messages took. */
  @ApiProperty({ type: 'integer' }) bytes: number;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true }) oldestAt: string | null;
  @ApiProperty({ format: 'date-time' }) seenAt: string;
}

export class LostSpoolView extends SpoolView {
  /**
   * Payments whose PostBacks are known to wait in it: compare each with Invoice Cloud. There may be more, which came after its process
   * had lost the database.
   */
  @ApiProperty({ type: [String] }) paymentIds: readonly string[];
}

export class SpoolListView {
  @ApiProperty({ type: [SpoolView] }) data: SpoolView[];
}

export class DeclareSpoolLost {
  /** Why it will not come back; stands in the audit trail. @example 'the volume was destroyed with its machine' */
  @IsText(500) reason: string;
}
