import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What happens to a valid token of the organization that somebody found and posted to `/leaked-tokens`. */
export type LeakedTokenResponse = 'report' | 'pause';

/** A tenant: everything but people belongs to exactly one. */
@Entity('organizations')
export class Organization {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  /** Name of the plan, which sets the limits. */
  @Column('text')
  plan!: string;

  /** Negotiated limit of one API key, before that of the plan; null: none was negotiated. */
  @Column('integer', { name: 'api_key_requests_per_minute', nullable: true })
  apiKeyRequestsPerMinute!: number | null;

  /** Negotiated limit of the personal tokens of one user; as above. */
  @Column('integer', { name: 'token_requests_per_minute', nullable: true })
  tokenRequestsPerMinute!: number | null;

  /** Setting: whether a leaked token is only reported, or paused as well. */
  @Column('text', { name: 'leaked_tokens' })
  leakedTokens!: LeakedTokenResponse;

  /** Vaults of the organization, kept by the transactions that make and delete them. */
  @Column('integer', { name: 'vault_count' })
  vaultCount!: number;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
