import { Column, Entity, PrimaryColumn } from 'typeorm';

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
