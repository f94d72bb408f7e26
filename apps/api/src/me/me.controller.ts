import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { OwnSignIn, RequiresPerson, WithoutMfa } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { MeService, type Profile } from './me.service.js';
import { ProfileDto, UpdateProfileDto } from './profile.dto.js';

@ApiTags('me')
@Controller('me')
@WithoutMfa()
export class MeController {
  constructor(private readonly me: MeService) {}

  /**
   * Get one's own profile
   * @remarks The person the credential belongs to, and the plan of the organization it acts in.
   */
  @Get()
  @RequiresPerson('user.viewed')
  @Answers(200, ProfileDto, 'The profile.')
  async getMe(@CurrentActor() actor: Actor): Promise<Answer<ProfileDto>> {
    return profileAnswer(await this.me.get(actor));
  }

  /**
   * Change one's own profile
   * @remarks Changes the name shown to others.
   */
  @Patch()
  @RequiresPerson('user.updated')
  @OwnSignIn()
  @Answers(200, ProfileDto, 'The profile as it is now.')
  async updateMe(
    @CurrentActor() actor: Actor,
    @Body() body: UpdateProfileDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<ProfileDto>> {
    return profileAnswer(await this.me.rename(actor, body.name, ifMatch));
  }
}

function profileAnswer({ user, plan }: Profile): Answer<ProfileDto> {
  const { name, email, createdAt, revision } = user;
  const id = publicId('user', user.id);
  return Answer.of({ id, name, email, plan, createdAt }, { etag: etagOf(id, revision) });
}
