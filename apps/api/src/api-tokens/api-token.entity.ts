import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A personal token: acts as its user, in the organization it was made in. */
@Entity('api_tokens')
export class ApiToken {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text')
  name!: string;

  /** First characters of the token, to tell it from others. */
  @Column('text')
  hint!: string;

  @Column('bytea')
  digest!: Buffer;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'paused_at', nullable: true })
  pausedAt!: Date | null;

  /** It was made with a session that the identity provider of the organization vouched for. */
  @Column('boolean', { name: 'from_provider' })
  fromProvider!: boolean;

  /** The personal token that made it, as UUID; null: a session did. */
  @Column('uuid', { name: 'made_with', nullable: true })
  madeWith!: string | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
