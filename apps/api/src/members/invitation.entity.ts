import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who may become a member, once they have accepted with the token that was sent to them. */
@Entity('invitations')
export class Invitation {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** As it was typed; one invitation for each address in an organization, without regard to case. */
  @Column('text')
  email!: string;

  /** A built-in role, or `custom`. */
  @Column('text')
  role!: string;

  @Column('uuid', { name: 'custom_role_id', nullable: true })
  customRoleId!: string | null;

  /** Of the token. */
  @Column('bytea')
  digest!: Buffer;

  /** Row of `users`; whoever it was may be gone. */
  @Column('uuid', { name: 'invited_by' })
  invitedBy!: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
