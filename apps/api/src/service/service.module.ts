import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { DocsMode } from '@credvault/config/settings.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { DocsPageController } from './docs/docs-page.controller.js';
import { PrivateDocumentController, PublicDocumentController } from './docs/document.controller.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { InstancesService } from './instances.service.js';
import { MaintenanceService } from './maintenance.service.js';
import { MetricsService } from './metrics.service.js';
import { ShutdownService } from './shutdown.service.js';

const documentControllers: Record<DocsMode, Type[]> = {
  public: [PublicDocumentController, DocsPageController],
  private: [PrivateDocumentController, DocsPageController],
  off: [],
};

/** What the service says of itself: health, metrics and documents; and how it keeps its tables in order. */
@Module({})
export class ServiceModule {
  static withDocs(docs: DocsMode): DynamicModule {
    return {
      module: ServiceModule,
      imports: [SecretsModule, VaultsModule],
      controllers: [HealthController, ...documentControllers[docs]],
      providers: [HealthService, InstancesService, MaintenanceService, MetricsService, ShutdownService],
      exports: [MetricsService],
    };
  }
}
