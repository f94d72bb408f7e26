import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountLinksRepository } from './account-links.repository.js';
import { AccountLinksService } from './account-links.service.js';
import { AuthController } from './auth.controller.js';
import { LongLivedTokens } from './long-lived-tokens.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionListService } from './session-list.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignInService } from './sign-in.service.js';

@Module({
  imports: [UsersModule, OrganizationsModule],
  controllers: [AuthController, SessionsController],
  providers: [
    AccountLinksRepository,
    AccountLinksService,
    LongLivedTokens,
    PasswordsService,
    RegistrationService,
    SessionListService,
    SessionsRepository,
    SessionsService,
    SignInLimits,
    SignInService,
  ],
  exports: [AccountLinksService, LongLivedTokens, SessionsService],
})
export class AuthModule {}
