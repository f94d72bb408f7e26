import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A secret: its name and kind. Its value is in its versions, encrypted. */
@Entity('secrets')
export class Secret {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid', { name: 'vault_id' })
  vaultId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Name of the secret, unique in its vault. */
  @Column('text')
  key!: string;

  @Column('text')
  type!: string;

  @Column('integer', { name: 'current_version' })
  currentVersion!: number;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
