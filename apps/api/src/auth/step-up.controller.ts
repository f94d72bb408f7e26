import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresSession, WithoutMfa } from '@credvault/access/rules.js';
import { Answers } from '@credvault/http/document/operation.js';
import { stepUpProofOf } from './mfa-proof.js';
import { StepUpDto, SteppedUpDto } from './mfa.dto.js';
import { StepUpService } from './step-up.service.js';

@ApiTags('auth')
@Controller('auth/step-up')
@WithoutMfa()
export class StepUpController {
  constructor(private readonly stepUps: StepUpService) {}

  /**
   * Step up
   * @remarks Proves again who this session stands for, by a code or a recovery code where the account has a second factor, by
   * the password otherwise. For five minutes the session may then delete vaults, export secrets and change the second
   * factor. A sign-in counts as a step-up.
   */
  @Post()
  @HttpCode(200)
  @RequiresSession('session.stepped_up')
  @Answers(200, SteppedUpDto, 'Until when the step-up counts.')
  async stepUp(@CurrentActor() actor: Actor, @Body() body: StepUpDto): Promise<SteppedUpDto> {
    return { steppedUpUntil: await this.stepUps.stepUp(actor, stepUpProofOf(body)) };
  }
}
