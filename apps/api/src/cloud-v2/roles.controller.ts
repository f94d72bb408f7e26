import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequiresActor } from '@credvault/access/rules.js';
import { AnswersList } from '@credvault/http/document/operation.js';
import { CloudRoleDto, roleDtos } from './roles.dto.js';

@ApiTags('users')
@Controller('api/v2/roles')
export class CloudRolesController {
  /**
   * List roles
   * @remarks The roles that people have in organizations and projects, the same in every organization.
   */
  @Get()
  @RequiresActor('role.listed')
  @AnswersList(CloudRoleDto, 'All roles.')
  listRoles(): CloudRoleDto[] {
    return roleDtos();
  }
}
