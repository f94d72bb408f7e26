import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { originOf } from '@credvault/access/origin.js';
import { Public } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { ForgotPasswordDto, MailRequestedDto } from './account-mail.dto.js';
import { ResetPasswordDto } from './auth.dto.js';
import { ForgottenPasswordsService } from './forgotten-passwords.service.js';
import { PasswordsService } from './passwords.service.js';

@ApiTags('auth')
@Controller('auth/password')
export class PasswordResetController {
  constructor(
    private readonly forgotten: ForgottenPasswordsService,
    private readonly passwords: PasswordsService,
  ) {}

  /**
   * Ask for a new password
   * @remarks Mails a token for `POST /auth/password/reset` to the account with this address, good once and for an hour, in
   * place of the one before it; at most three an hour. The answer is the same, and as quick, whether there is such an
   * account or not. Where the service has no mail server, the operator makes the token.
   */
  @Post('forgot')
  @HttpCode(202)
  @Public()
  @Answers(202, MailRequestedDto, 'The request has arrived.')
  async forgotPassword(
    @Body() { email }: ForgotPasswordDto,
    @Req() request: FastifyRequest,
  ): Promise<MailRequestedDto> {
    await this.forgotten.request(email, originOf(request));
    return { received: true };
  }

  /**
   * Reset the password
   * @remarks Sets a new password with the one-time token that was mailed to the account, or that the operator made, and ends
   * all sessions.
   */
  @Post('reset')
  @HttpCode(204)
  @Public()
  @Answers(204, null, 'The password is set and all sessions have ended.')
  @Fails('FORBIDDEN')
  async resetPassword(@Body() body: ResetPasswordDto, @Req() request: FastifyRequest): Promise<void> {
    await this.passwords.reset(body.token, body.newPassword, originOf(request));
  }
}
