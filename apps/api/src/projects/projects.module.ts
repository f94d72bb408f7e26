import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { EnvironmentsController } from './environments.controller.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { EnvironmentsService } from './environments.service.js';
import { OrganizationProjects } from './organization-projects.js';
import { ProjectCreated } from './project-created.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsRepository } from './projects.repository.js';
import { ProjectsService } from './projects.service.js';

@Module({
  imports: [OrganizationsModule],
  controllers: [ProjectsController, EnvironmentsController],
  providers: [
    EnvironmentsRepository,
    EnvironmentsService,
    OrganizationProjects,
    ProjectCreated,
    ProjectsRepository,
    ProjectsService,
  ],
  exports: [ProjectCreated, ProjectsService],
})
export class ProjectsModule {}
