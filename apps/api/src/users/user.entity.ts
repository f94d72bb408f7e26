import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person who can sign in. People belong to organizations by memberships; a user row names none. */
@Entity('users')
export class User {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  email!: string;

  @Column('text')
  name!: string;

  /** argon2id in PHC string format; null: they have none, and sign in by the provider of an organization. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  /** Instance administrator: manages plans and limits, and gains no access to any vault. */
  @Column('boolean', { name: 'is_superuser' })
  isSuperuser!: boolean;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
