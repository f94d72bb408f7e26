import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresSession, WithoutMfa } from '@credvault/access/rules.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { SessionListService } from './session-list.service.js';
import { SessionDto } from './session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@Controller('auth/sessions')
@WithoutMfa()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly list: SessionListService,
  ) {}

  /**
   * List sessions
   * @remarks The sessions of the signed-in person in the present organization; `search` looks in the user agent.
   * Sortable by `createdAt` and `lastUsedAt`.
   */
  @Get()
  @RequiresSession('session.listed')
  @AnswersPage(SessionDto, 'A page of sessions.')
  listSessions(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<SessionDto>> {
    return this.list.list(actor, query);
  }

  /**
   * End a session
   * @remarks Ends one of one's own sessions, on every process, at once.
   */
  @Delete(':sessionId')
  @HttpCode(204)
  @RequiresSession('session.revoked')
  @Answers(204, null, 'The session has ended.')
  async deleteSession(
    @CurrentActor() actor: Actor,
    @Param('sessionId', IdParam.of('session')) sessionId: string,
  ): Promise<void> {
    await this.sessions.revoke(actor, sessionId);
  }
}
