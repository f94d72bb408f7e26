import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { sessionDto, type SessionDto } from './session.dto.js';
import { SessionsRepository } from './sessions.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 's.id', type: 'uuid' },
  createdAt: { sql: 's.created_at', type: 'timestamptz' },
  lastUsedAt: { sql: 's.last_used_at', type: 'timestamptz' },
};

/** Lists the sessions of a person. */
@Injectable()
export class SessionListService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly cursors: CursorCodec,
  ) {}

  async list(actor: Actor, query: ListQuery): Promise<Page<SessionDto>> {
    const list = `sessions:${actor.organizationId}:${actor.userId}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list,
    });
    const found = await this.sessions.list(actor, query, page);
    return toPage(page, found, (row) => sessionDto(row, actor.credentialId));
  }
}
