import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A secret of an API key: the present one, or the one before it. */
@Entity('api_key_secrets')
export class ApiKeySecret {
  @PrimaryColumn('bytea')
  digest!: Buffer;

  @Column('uuid', { name: 'organization_id' })
  organizationId!: string;

  @Column('uuid', { name: 'api_key_id' })
  apiKeyId!: string;

  @Column('uuid')
  id!: string;

  @Column('text')
  hint!: string;

  /** Who made it in person: nobody else knows it then. null: a program made it. */
  @Column('uuid', { name: 'made_by', nullable: true })
  madeBy!: string | null;

  /** null: the present secret. An earlier one has an end, also after it has passed. */
  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
