import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That a vault is granted to a member or to a team. */
@Entity('grants')
export class Grant {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'vault_id' })
  vaultId!: string;

  /** Null when the vault is granted to a team. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Null when the vault is granted to a member. */
  @Column('uuid', { name: 'team_id', nullable: true })
  teamId!: string | null;

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
