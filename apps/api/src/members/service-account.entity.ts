import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A row of `users` of the kind `service`: it owns API keys and cannot sign in, for it has neither an e-mail address nor a
 * password. What it may do says its one membership.
 */
@Entity('users')
export class ServiceAccount {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: 'service';

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
