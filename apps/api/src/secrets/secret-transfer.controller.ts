import { Body, Controller, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, StepUp } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersFile, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretExportService } from './secret-export.service.js';
import { SecretImportService } from './secret-import.service.js';
import { ExportQuery, importResultDto, ImportResultDto, ImportSecretsDto } from './secret-transfer.dto.js';
import { parseTransferOffThread } from './transfer/parse-transfer-off-thread.js';

@ApiTags('secrets')
@Controller('vaults/:vaultId')
export class SecretTransferController {
  constructor(
    private readonly vaults: VaultsService,
    private readonly imports: SecretImportService,
    private readonly exports: SecretExportService,
  ) {}

  /**
   * Import secrets
   * @remarks Stores all secrets of a `.env`, JSON or YAML file of up to 8 MiB, in one transaction: all of them or none. The
   * answer says what happened to each key.
   */
  @Post('import')
  @HttpCode(200)
  @Requires('secret:write', 'secret.imported')
  @Answers(200, ImportResultDto, 'What happened to each key.')
  @Fails('CONFLICT')
  async importSecrets(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Body() body: ImportSecretsDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ImportResultDto>> {
    const vault = this.vaults.authorize(actor, 'secret:write', vaultId);
    const { format, content, onConflict = 'fail', dryRun = false, type = 'text' } = body;
    const entries = await parseTransferOffThread(format, content);
    const { answer, headers } = await this.imports.import(
      vault,
      { entries, onConflict, dryRun, type },
      retry,
    );
    return Answer.of(importResultDto(answer), { headers });
  }

  /**
   * Export secrets
   * @remarks All secrets of a vault, at most 10,000, as a file: names and values in the order in which they were made. It is
   * sent after the audit record that names all of them is durable. Values that dotenv cannot express are answered with 409.
   */
  @Get('export')
  @Requires('secret:read', 'secret.exported')
  @StepUp()
  @AnswersFile(['text/plain', 'application/json', 'application/yaml'], 'The file.', {
    'text/plain': 'DATABASE_URL=postgres://user:pass@host:5432/db\n',
    'application/json': { DATABASE_URL: 'postgres://user:pass@host:5432/db' },
    'application/yaml': '"DATABASE_URL": "postgres://user:pass@host:5432/db"\n',
  })
  @Fails('CONFLICT')
  async exportSecrets(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Query() query: ExportQuery,
  ): Promise<StreamableFile> {
    const vault = this.vaults.authorize(actor, 'secret:read', vaultId);
    const { stream, contentType, fileExtension } = await this.exports.export(vault, query.format);
    const disposition = `attachment; filename="${publicId('vault', vaultId)}.${fileExtension}"`;
    return new StreamableFile(stream, { type: contentType, disposition });
  }
}
