import { Controller, Get, Header, Param, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '@credvault/access/rules.js';
import { DomainError } from '@credvault/http/domain-error.js';
import { SignInAttemptsService } from './sign-in-attempts.service.js';

/**
 * Where providers send browsers back to. It is for people, not for clients of the API, and takes whatever else a provider adds to
 * the query (RFC 6749, section 4.1.2), so it is not part of the document.
 */
@ApiExcludeController()
@Controller('auth/single-sign-on/callback')
export class CallbackController {
  constructor(private readonly attempts: SignInAttemptsService) {}

  @Get(':organizationId')
  @Public()
  @Header('cache-control', 'no-store')
  @Header('referrer-policy', 'no-referrer')
  async comeBack(
    @Param('organizationId') organizationId: string,
    @Query() query: Record<string, string>,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    // What looks at links before people follow them asks so, and would use the sign-in up without anybody seeing the code.
    if (request.method === 'HEAD') throw new OnlyGet();
    const code = await this.attempts.comeBack(organizationId, new URLSearchParams(query));
    return new StreamableFile(Buffer.from(page(code)), { type: 'text/plain; charset=utf-8' });
  }
}

class OnlyGet extends DomainError {
  constructor() {
    super('METHOD_NOT_ALLOWED', 'A sign-in comes back with GET.', { headers: { Allow: 'GET, OPTIONS' } });
  }
}

/** Plain text: nothing that a provider sends becomes part of a page. */
function page(code: string): string {
  return [
    'You have signed in. Go back to where you began, and enter this code:',
    '',
    `    ${code}`,
    '',
    'Give it to nobody: whoever has it may act as you. If you did not begin to sign in to CredVault',
    'yourself, somebody else did. Close this window.',
    '',
  ].join('\n');
}
