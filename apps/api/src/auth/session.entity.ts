import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A sign-in of a person in one organization: an access token now, and a refresh token that rotates. */
@Entity('sessions')
export class Session {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('bytea', { name: 'access_digest' })
  accessDigest!: Buffer;

  @Column('timestamptz', { name: 'access_expires_at' })
  accessExpiresAt!: Date;

  @Column('timestamptz', { name: 'refresh_expires_at' })
  refreshExpiresAt!: Date;

  @Column('timestamptz', { name: 'absolute_expires_at' })
  absoluteExpiresAt!: Date;

  /** When it last proved who it stands for; null: it has to, before it may do what needs a step-up. */
  @Column('timestamptz', { name: 'stepped_up_at', nullable: true })
  steppedUpAt!: Date | null;

  /** The external identity by which a provider vouched for the person; null: they proved themselves here. */
  @Column('uuid', { name: 'external_identity_id', nullable: true })
  externalIdentityId!: string | null;

  @Column('inet', { nullable: true })
  ip!: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent!: string | null;

  /** When the person signed in, wherever they acted then: a switch to another organization opens a session, and signs nobody in. */
  @Column('timestamptz', { name: 'signed_in_at' })
  signedInAt!: Date;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt!: Date;
}
