import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequiresActor } from '@credvault/access/rules.js';
import { AnswersPage } from '@credvault/http/document/operation.js';
import { Page } from '@credvault/http/pagination/page.js';
import { ScopeDto, scopeDtos } from './scope.dto.js';

@ApiTags('api-keys')
@Controller('scopes')
export class ScopesController {
  /**
   * List the scopes
   * @remarks The catalogue of everything an API key may be allowed to do, by group. It comes whole, on one page.
   */
  @Get()
  @RequiresActor('scope.listed')
  @AnswersPage(ScopeDto, 'The catalogue.')
  listScopes(): Page<ScopeDto> {
    return new Page(scopeDtos, scopeDtos.length, scopeDtos.length, 0, null);
  }
}
