import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from '@credvault/access/scopes.js';

/** A role that an organization made for itself; the built-in ones stand in `libs/access/roles.ts`. */
@Entity('roles')
export class Role {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Unique in the organization without regard to case, and none of the built-in names. */
  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  /** In the order of the catalogue, with those that are implied. */
  @Column('text', { array: true })
  scopes!: Scope[];

  /** Whether its members reach every vault, granted or not. */
  @Column('boolean', { name: 'reaches_all_vaults' })
  reachesAllVaults!: boolean;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
