import { Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { CostsNoQuota, Requires } from '@credvault/access/rules.js';
import { Answers } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import {
  ConnectionTestDto,
  PermissionTestDto,
  TestApiKeyQuery,
  TestPermissionDto,
} from './api-key-checks.dto.js';
import { ApiKeyChecksService } from './api-key-checks.service.js';

@ApiTags('api-keys')
@Controller('api-keys/:keyId')
export class ApiKeyChecksController {
  constructor(private readonly checks: ApiKeyChecksService) {}

  /**
   * Test the connection of an API key
   * @remarks Whether a program with the key would be let in now: each check with its verdict and, when it fails, the
   * reason. Costs no quota; at most 60 tests a minute.
   */
  @Post('test')
  @HttpCode(200)
  @Requires('key:read', 'api_key.tested')
  @CostsNoQuota()
  @Answers(200, ConnectionTestDto, 'The checks with their verdicts.')
  testApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Query() { ipAddress }: TestApiKeyQuery,
  ): Promise<ConnectionTestDto> {
    return this.checks.testConnection(actor, keyId, ipAddress ?? actor.origin.ip);
  }

  /**
   * Test a permission of an API key
   * @remarks Whether an operation with this scope would be let through now, and why not. Costs no quota; at most 60 tests a
   * minute.
   */
  @Post('test-permission')
  @HttpCode(200)
  @Requires('key:read', 'api_key_permission.tested')
  @CostsNoQuota()
  @Answers(200, PermissionTestDto, 'The verdict.')
  testApiKeyPermission(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Body() body: TestPermissionDto,
  ): Promise<PermissionTestDto> {
    return this.checks.testPermission(actor, keyId, body);
  }
}
