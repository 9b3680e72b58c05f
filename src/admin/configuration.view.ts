import { ApiProperty } from '@nestjs/swagger';

export class DifferenceView {
  @ApiProperty({ enum: ['partner', 'setting-definition', 'biller'] }) kind: 'partner' | 'setting-definition' | 'biller';
  /** What it is known by. */
  name: string;
  @ApiProperty({ enum: ['create', 'update', 'unchanged'] }) action: 'create' | 'update' | 'unchanged';
  /** Of an update: field to what it was and what it becomes. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  changes: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;
}

export class ImportView {
  /** Nothing was changed. */
  dryRun: boolean;
  /** A row for every row of the file. */
  @ApiProperty({ type: [DifferenceView] }) rows: DifferenceView[];
}
