import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An environment of a project, such as `production`. It may have one vault of the project. */
@Entity('project_environments')
export class ProjectEnvironment {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @PrimaryColumn('uuid', { name: 'project_id' })
  projectId!: string;

  @PrimaryColumn('text')
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
