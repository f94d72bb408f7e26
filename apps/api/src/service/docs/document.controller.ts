import { Controller, Get, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public, RequiresActor } from '@credvault/access/rules.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { Bare } from '@credvault/http/envelope.js';
import { readDocument } from '../../openapi/document-file.js';

/** The OpenAPI document, for everybody. */
@ApiExcludeController()
@Controller('openapi.json')
export class PublicDocumentController {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  @Get()
  @Public()
  @Bare()
  document(): object {
    return readDocument(this.settings.publicUrl);
  }
}

/** The OpenAPI document, for those with a credential. */
@ApiExcludeController()
@Controller('openapi.json')
export class PrivateDocumentController {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  @Get()
  @RequiresActor('document.viewed')
  @Bare()
  document(): object {
    return readDocument(this.settings.publicUrl);
  }
}
