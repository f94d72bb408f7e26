import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresActor } from '@credvault/access/rules.js';
import { Answers } from '@credvault/http/document/operation.js';
import { readPackageVersion } from '../openapi/document-file.js';
import { CloudIpAddressDto, CloudMetaDto } from './meta.dto.js';

@ApiTags('clients')
@Controller('api/v2/meta')
export class CloudMetaController {
  private readonly version = readPackageVersion();

  /**
   * Get the version
   * @remarks Which version of the service this is.
   */
  @Get()
  @RequiresActor('meta.viewed')
  @Answers(200, CloudMetaDto, 'The version.')
  getMeta(): CloudMetaDto {
    return { version: this.version };
  }

  /**
   * Get one's address
   * @remarks The address that the request came from, as allow-lists of keys see it.
   */
  @Get('ip-address')
  @RequiresActor('meta.viewed')
  @Answers(200, CloudIpAddressDto, 'The address.')
  getIpAddress(@CurrentActor() { origin }: Actor): CloudIpAddressDto {
    return { ip_address: origin.ip ?? null };
  }
}
