import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { originOf } from '@credvault/access/origin.js';
import { Public } from '@credvault/access/rules.js';
import { Answers } from '@credvault/http/document/operation.js';
import { LeakReportDto, ReportLeakedTokenDto } from './leaked-token.dto.js';
import { LeakedTokensService } from './leaked-tokens.service.js';

@ApiTags('leaked-tokens')
@Controller('leaked-tokens')
export class LeakedTokensController {
  constructor(private readonly leaks: LeakedTokensService) {}

  /**
   * Report a leaked token
   * @remarks For whoever finds a token of this installation where it should not be. If it works, its organization gets an
   * event, and the token is stopped if the organization has chosen that (`leakedTokens`). The answer is the same whether
   * the token works or not. Limited by address.
   */
  @Post()
  @HttpCode(202)
  @Public()
  @Answers(202, LeakReportDto, 'The report has arrived.')
  async reportLeakedToken(
    @Body() { token, source }: ReportLeakedTokenDto,
    @Req() request: FastifyRequest,
  ): Promise<LeakReportDto> {
    await this.leaks.report({ token, source, origin: originOf(request) });
    return { received: true };
  }
}
