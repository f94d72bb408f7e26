import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { originOf } from '@credvault/access/origin.js';
import { OwnSignIn, Public, RequiresSession, WithoutMfa } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { ChangeEmailDto, ConfirmEmailDto, MailRequestedDto } from './account-mail.dto.js';
import { EmailChangeService } from './email-change.service.js';

@ApiTags('auth')
@Controller('auth/email')
@WithoutMfa()
export class EmailChangeController {
  constructor(private readonly emailChanges: EmailChangeService) {}

  /**
   * Change the e-mail address
   * @remarks Mails a token to the new address that works once and for 24 hours, in place of the one before it, and a notice
   * to the present address. Nothing changes until the token comes back with `POST /auth/email/confirm`. A new or reset
   * password takes the change back. The answer is the same for an address that another account has. Answers 409 where
   * the service has no mail server.
   */
  @Post()
  @HttpCode(202)
  @RequiresSession('user.email_change_requested')
  @OwnSignIn()
  @Answers(202, MailRequestedDto, 'A mail is on its way to the new address.')
  @Fails('CONFLICT')
  async changeEmail(@CurrentActor() actor: Actor, @Body() body: ChangeEmailDto): Promise<MailRequestedDto> {
    await this.emailChanges.request(actor, body.newEmail, body.currentPassword);
    return { received: true };
  }

  /**
   * Confirm the new e-mail address
   * @remarks Changes the address of the account to the one that the token was mailed to, and tells the former one. Sessions
   * go on; tokens for a new password that were mailed to the former address end. Answers 409 when another account has
   * got the address in the meantime.
   */
  @Post('confirm')
  @HttpCode(204)
  @Public()
  @Answers(204, null, 'The account has the new address.')
  @Fails('FORBIDDEN', 'CONFLICT')
  async confirmEmail(@Body() { token }: ConfirmEmailDto, @Req() request: FastifyRequest): Promise<void> {
    await this.emailChanges.confirm(token, originOf(request));
  }
}
