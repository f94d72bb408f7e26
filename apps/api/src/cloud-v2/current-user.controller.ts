import { Body, Controller, Get, HttpCode, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { OwnSignIn, RequiresPerson, RequiresSession, StepUp, WithoutMfa } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { EmailChangeService } from '../auth/email-change.service.js';
import {
  CloudChangeRequestedDto,
  CloudCurrentUserDto,
  CloudUpdateCurrentUserDto,
} from './current-user.dto.js';
import { CloudCurrentUserService } from './current-user.service.js';

@ApiTags('users')
@Controller('api/v2/users/me')
export class CloudCurrentUserController {
  constructor(
    private readonly users: CloudCurrentUserService,
    private readonly emailChanges: EmailChangeService,
  ) {}

  /**
   * Get oneself
   * @remarks The person that the key acts as, with their roles.
   */
  @Get()
  @WithoutMfa()
  @RequiresPerson('user.viewed')
  @Answers(200, CloudCurrentUserDto, 'Whoever asks.')
  getCurrentUser(@CurrentActor() actor: Actor): Promise<CloudCurrentUserDto> {
    return this.users.get(actor);
  }

  /**
   * Change one's e-mail address
   * @remarks Mails a token to the new address and a notice to the present one. Nothing changes until the token comes back with
   * `POST /api/v1/auth/email/confirm`. The answer is the same for an address that another account has. 409 where the service
   * has no mail server.
   */
  @Patch()
  @HttpCode(202)
  @OwnSignIn()
  @RequiresSession('user.email_change_requested')
  @StepUp()
  @Answers(202, CloudChangeRequestedDto, 'A mail is on its way to the new address.')
  @Fails('CONFLICT')
  async updateCurrentUser(
    @CurrentActor() actor: Actor,
    @Body() { email }: CloudUpdateCurrentUserDto,
  ): Promise<CloudChangeRequestedDto> {
    await this.emailChanges.requestSteppedUp(actor, email);
    const message = 'A mail is on its way to the new address. Nothing changes until it is confirmed.';
    return { success: true, status: 202, message };
  }
}
