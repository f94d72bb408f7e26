import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A group of members, to whom vaults are granted together. Teams do not nest. */
@Entity('teams')
export class Team {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Unique in the organization without regard to case. */
  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
