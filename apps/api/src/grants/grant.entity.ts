import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That a vault or a project is granted to a member or to a team. */
@Entity('grants')
export class Grant {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Null when a project is granted. */
  @Column('uuid', { name: 'vault_id', nullable: true })
  vaultId!: string | null;

  /** Null when a vault is granted. */
  @Column('uuid', { name: 'project_id', nullable: true })
  projectId!: string | null;

  /** Null when it is not granted to a member. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Null when it is not granted to a team. */
  @Column('uuid', { name: 'team_id', nullable: true })
  teamId!: string | null;

  /** Null when it is not granted to an API key. */
  @Column('uuid', { name: 'api_key_id', nullable: true })
  apiKeyId!: string | null;

  /** Rank of the level, 1 to 3 (`libs/access/vault-levels.ts`). */
  @Column('smallint')
  level!: number;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
