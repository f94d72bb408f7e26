import { Controller, Get, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public, RequiresActor } from '@credvault/access/rules.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { Bare } from '@credvault/http/envelope.js';
import { readDocument } from '../../openapi/document-file.js';

/** The OpenAPI documents, for everybody. */
@ApiExcludeController()
@Controller()
export class PublicDocumentController {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  @Get(['openapi.json', 'openapi/v1.json'])
  @Public()
  @Bare()
  document(): object {
    return readDocument('v1', this.settings.publicUrl);
  }

  @Get('openapi/v2.json')
  @Public()
  @Bare()
  cloudDocument(): object {
    return readDocument('v2', this.settings.publicUrl);
  }
}

/** The OpenAPI documents, for those with a credential. */
@ApiExcludeController()
@Controller()
export class PrivateDocumentController {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  @Get(['openapi.json', 'openapi/v1.json'])
  @RequiresActor('document.viewed')
  @Bare()
  document(): object {
    return readDocument('v1', this.settings.publicUrl);
  }

  @Get('openapi/v2.json')
  @RequiresActor('document.viewed')
  @Bare()
  cloudDocument(): object {
    return readDocument('v2', this.settings.publicUrl);
  }
}
