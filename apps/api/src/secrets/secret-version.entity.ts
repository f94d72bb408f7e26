import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One version of a secret's value and notes, encrypted and never changed but by a rotation of its vault's key. */
@Entity('secret_versions')
export class SecretVersion {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid', { name: 'vault_id' })
  vaultId!: string;

  @PrimaryColumn('uuid', { name: 'secret_id' })
  secretId!: string;

  @PrimaryColumn('integer')
  version!: number;

  /** Version of the data key both ciphertexts were made with. */
  @Column('integer', { name: 'key_version' })
  keyVersion!: number;

  @Column('bytea')
  value!: Buffer;

  @Column('bytea', { nullable: true })
  notes!: Buffer | null;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
