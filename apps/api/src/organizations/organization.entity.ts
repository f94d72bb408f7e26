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

  /** The plan it would like to have; null: it has asked for none. */
  @Column('text', { name: 'requested_plan', nullable: true })
  requestedPlan!: string | null;

  /** Negotiated limit of one API key, before that of the plan; null: none was negotiated. */
  @Column('integer', { name: 'api_key_requests_per_minute', nullable: true })
  apiKeyRequestsPerMinute!: number | null;

  /** Negotiated limit of the personal tokens of one user; as above. */
  @Column('integer', { name: 'token_requests_per_minute', nullable: true })
  tokenRequestsPerMinute!: number | null;

  /** Setting: whether a leaked token is only reported, or paused as well. */
  @Column('text', { name: 'leaked_tokens' })
  leakedTokens!: LeakedTokenResponse;

  /** Setting: hours after which whoever signed in has to sign in again; null: the 90 days of every session. */
  @Column('integer', { name: 'session_lifetime_hours', nullable: true })
  sessionLifetimeHours!: number | null;

  /** Setting: whether people need a second factor to act here. */
  @Column('boolean', { name: 'require_mfa' })
  requireMfa!: boolean;

  /** Setting: the only blocks of addresses that credentials may come from, in CIDR notation; null: any. */
  @Column('text', { name: 'allowed_ips', array: true, nullable: true })
  allowedIps!: string[] | null;

  /** Setting: days after which a personal token ends; null: when it says itself. */
  @Column('integer', { name: 'max_token_lifetime_days', nullable: true })
  maxTokenLifetimeDays!: number | null;

  /** Setting: days after which an API key ends that was not rotated; null: when it says itself. */
  @Column('integer', { name: 'max_key_lifetime_days', nullable: true })
  maxKeyLifetimeDays!: number | null;

  /** Setting: days for which deleted vaults and secrets can be restored; 0: deletion is permanent. */
  @Column('integer', { name: 'recovery_window_days' })
  recoveryWindowDays!: number;

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
