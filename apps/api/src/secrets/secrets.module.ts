import { Module } from '@nestjs/common';
import { Database } from '@credvault/database/database.js';
import { TableStatistics } from '@credvault/database/table-statistics.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { DeletedSecretPurge } from './deleted-secret-purge.js';
import { DeletedSecretsController } from './deleted-secrets.controller.js';
import { DeletedSecretsRepository } from './deleted-secrets.repository.js';
import { DeletedSecretsService } from './deleted-secrets.service.js';
import { SecretCipher } from './secret-cipher.js';
import { SecretExportService } from './secret-export.service.js';
import { SecretImportRepository } from './secret-import.repository.js';
import { SecretImportService } from './secret-import.service.js';
import { SecretListRepository } from './secret-list.repository.js';
import { SecretListService } from './secret-list.service.js';
import { SecretTransferController } from './secret-transfer.controller.js';
import { SecretVersionsController } from './secret-versions.controller.js';
import { SecretVersionsRepository } from './secret-versions.repository.js';
import { SecretVersionsService } from './secret-versions.service.js';
import { SecretsController } from './secrets.controller.js';
import { SecretsRepository } from './secrets.repository.js';
import { SecretsService } from './secrets.service.js';
import { VaultKeyRotationService } from './vault-key-rotation.service.js';
import { VaultSecrets } from './vault-secrets.js';

@Module({
  imports: [VaultsModule],
  controllers: [
    SecretsController,
    SecretVersionsController,
    SecretTransferController,
    DeletedSecretsController,
  ],
  providers: [
    {
      provide: TableStatistics,
      useFactory: (database: Database) => new TableStatistics(database, ['secrets', 'secret_versions']),
      inject: [Database],
    },
    DeletedSecretPurge,
    DeletedSecretsRepository,
    DeletedSecretsService,
    SecretCipher,
    SecretExportService,
    SecretImportRepository,
    SecretImportService,
    SecretListRepository,
    SecretListService,
    SecretVersionsRepository,
    SecretVersionsService,
    SecretsRepository,
    SecretsService,
    VaultKeyRotationService,
    VaultSecrets,
  ],
  exports: [DeletedSecretPurge, SecretsService, VaultKeyRotationService],
})
export class SecretsModule {}
