import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The last sequence number of a subject: it outlives the deliveries, so that no number comes twice. */
@Entity('delivery_sequences')
export class DeliverySequence {
  @PrimaryColumn('uuid') subjectId: string;
  @Column('integer') last: number;
}
