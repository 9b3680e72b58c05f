import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Partner } from '../partners/partner.entity.js';

/** Where a partner takes deliveries: what is switched off, held back and bulkheaded as one. */
@Entity('relay_endpoints')
@Unique('relay_endpoints_url_key', ['partnerId', 'urlDigest'])
@Index('relay_endpoints_page_idx', ['partnerId', 'id'])
export class RelayEndpoint {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Partner, { name: 'relay_endpoints_partner_fkey' }) partnerId: string;
  /** Origin and path; the query is each delivery's own. */
  @Column('text') url: string;
  /** SHA-256: a URL may be longer than an index takes. */
  @Column('bytea') urlDigest: Buffer;
  /** In a row; of those that tell of a dead or overloaded endpoint. */
  @Column('integer', { default: 0 }) failures: number;
  /** The breaker is open: nothing goes there until then, and then one delivery first. */
  @Column('timestamptz', { nullable: true }) openUntil: Date | null;
  /** Switched off: deliveries wait until an administrator switches it on. */
  @Column('timestamptz', { nullable: true }) disabledAt: Date | null;
  @Column('text', { nullable: true }) disabledReason: string | null;
  /** Switched on again. */
  @Column('timestamptz', { nullable: true }) enabledAt: Date | null;
  @Column('timestamptz', { default: () => 'now()' }) createdAt: Date;
}

/** Which endpoint a URL belongs to. @param url one that has passed the URL policy */
export function endpointUrlOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
