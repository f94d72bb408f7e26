import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A vault: secrets that belong together, encrypted with a data key of its own. */
@Entity('vaults')
export class Vault {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  /** Kept by the transactions that make and delete secrets. */
  @Column('integer', { name: 'secret_count' })
  secretCount!: number;

  /** Versions kept of each secret; the oldest beyond it goes when a new one is made. */
  @Column('integer', { name: 'max_versions' })
  maxVersions!: number;

  /** UUID of the project it belongs to. */
  @Column('uuid', { name: 'project_id', nullable: true })
  projectId!: string | null;

  /** The environment of the project whose one vault it is. */
  @Column('text', { nullable: true })
  environment!: string | null;

  /** Version of the data key that new ciphertexts use. */
  @Column('integer', { name: 'key_version' })
  keyVersion!: number;

  @Column('integer')
  revision!: number;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
