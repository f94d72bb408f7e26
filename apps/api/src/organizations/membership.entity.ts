import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person in an organization, with a role. */
@Entity('memberships')
export class Membership {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text')
  role!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
