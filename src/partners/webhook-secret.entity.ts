import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Partner } from './partner.entity.js';

export const WEBHOOK_SECRET_KINDS = ['hmac', 'ed25519'] as const;

/** `hmac`: both sides hold the secret. `ed25519`: the partner holds the public key alone, and can forge nothing with it. */
export type WebhookSecretKind = (typeof WEBHOOK_SECRET_KINDS)[number];

/** What signs deliveries to a partner. All that are in force sign, so that a partner can change over without a gap. */
@Entity('webhook_secrets')
@Check('webhook_secrets_kind_check', `kind in ('hmac', 'ed25519')`)
@Check('webhook_secrets_public_key_check', `(kind = 'ed25519') = (public_key is not null)`)
@Index('webhook_secrets_partner_idx', ['partnerId'])
export class WebhookSecret {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') @ForeignKey(() => Partner, { name: 'webhook_secrets_partner_fkey' }) partnerId: string;
  @Column('text') kind: WebhookSecretKind;
  /** Owner is the partner's id, field `webhook-secret`: `whsec_…`, or the private key `whsk_…`. */
  @Column('text') sealed: string;
  /** Of an hmac secret; null of one from before these were kept. */
  @Column('text', { nullable: true }) lastFour: string | null;
  /** `whpk_…` of an ed25519 key. */
  @Column('text', { nullable: true }) publicKey: string | null;
  @CreateDateColumn({ type: 'timestamptz', default: () => 'now()' }) createdAt: Date;
  /** Null: in force until it is rolled. Every partner has one such secret at least. */
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
}
