import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where the backups of a project shall lie, in the words of the cloud-style API, for whose clients it is kept. */
export interface BackupLocation {
  location_type: string;
  location: string;
}

/** A project: vaults that belong together, and are granted together. */
@Entity('projects')
export class Project {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  /** Kept for the clients of the cloud-style API. */
  @Column('text', { nullable: true })
  region!: string | null;

  @Column('jsonb', { name: 'backup_location', nullable: true })
  backupLocation!: BackupLocation | null;

  @Column('integer')
  revision!: number;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
