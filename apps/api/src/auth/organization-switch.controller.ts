import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { OwnSignIn, RequiresSession, WithoutMfa } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { SwitchOrganizationDto } from './organization-switch.dto.js';
import { OrganizationSwitchService } from './organization-switch.service.js';
import { SessionTokensDto, sessionTokensDto } from './session.dto.js';

@ApiTags('auth')
@Controller('auth/switch')
@WithoutMfa()
export class OrganizationSwitchController {
  constructor(private readonly switches: OrganizationSwitchService) {}

  /**
   * Switch to another organization
   * @remarks Ends this session and opens one in another organization that the person belongs to. Both tokens are new, and
   * the new session ends for good when this one would have. What needs a step-up needs a new one.
   */
  @Post()
  @HttpCode(200)
  @RequiresSession('session.switched')
  @OwnSignIn()
  @Answers(200, SessionTokensDto, 'The tokens of the new session.')
  @Fails('NOT_FOUND', 'CONFLICT')
  async switchOrganization(
    @CurrentActor() actor: Actor,
    @Body() body: SwitchOrganizationDto,
  ): Promise<SessionTokensDto> {
    const { issued, user } = await this.switches.switchTo(actor, body.organizationId);
    return sessionTokensDto(issued, user);
  }
}
