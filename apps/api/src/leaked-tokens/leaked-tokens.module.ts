import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { LeakedTokensController } from './leaked-tokens.controller.js';
import { LeakedTokensService } from './leaked-tokens.service.js';

@Module({
  imports: [OrganizationsModule],
  controllers: [LeakedTokensController],
  providers: [LeakedTokensService],
})
export class LeakedTokensModule {}
