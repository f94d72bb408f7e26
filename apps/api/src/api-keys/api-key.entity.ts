import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from '@credvault/access/scopes.js';

/** An API key: what a program may do, at most what its owner may. The secrets that open it stand in a table of their own. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Whose rights bound the key. */
  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  /** First characters of the present secret, to tell it from others. */
  @Column('text')
  hint!: string;

  @Column('text', { array: true })
  scopes!: Scope[];

  /** The vaults it is bound to; bound to neither vaults nor projects, it may know of those of the organization. */
  @Column('uuid', { name: 'vault_ids', array: true, nullable: true })
  vaultIds!: string[] | null;

  /** The projects it is bound to: it may know of their vaults, also of those that come into them later. */
  @Column('uuid', { name: 'project_ids', array: true, nullable: true })
  projectIds!: string[] | null;

  /** The only environments of these projects that count; null: all, and the vaults without one. */
  @Column('text', { array: true, nullable: true })
  environments!: string[] | null;

  /** The only blocks of addresses it may come from, in CIDR notation; null: any. */
  @Column('text', { name: 'allowed_ips', array: true, nullable: true })
  allowedIps!: string[] | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'paused_at', nullable: true })
  pausedAt!: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'last_rotated_at', nullable: true })
  lastRotatedAt!: Date | null;

  @Column('timestamptz', { name: 'rotation_due_at' })
  rotationDueAt!: Date;

  /** Whether the event that rotation is due was written. */
  @Column('boolean', { name: 'rotation_due_noted' })
  rotationDueNoted!: boolean;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
