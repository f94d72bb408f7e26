import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A plan: how many requests a minute the organizations that have it may make. */
@Entity('plans')
export class Plan {
  /** Such as `free`; what `organizations.plan` names. */
  @PrimaryColumn('text')
  name!: string;

  /** Place among the plans, the smallest first. */
  @Column('smallint')
  position!: number;

  /** Of one API key; null: unlimited. */
  @Column('integer', { name: 'api_key_requests_per_minute', nullable: true })
  apiKeyRequestsPerMinute!: number | null;

  /** Of all personal tokens of one user together; null: unlimited. */
  @Column('integer', { name: 'token_requests_per_minute', nullable: true })
  tokenRequestsPerMinute!: number | null;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
