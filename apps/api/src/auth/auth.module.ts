import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountLinksRepository } from './account-links.repository.js';
import { AccountLinksService } from './account-links.service.js';
import { AccountProof } from './account-proof.service.js';
import { AuthController } from './auth.controller.js';
import { CurrentPassword } from './current-password.js';
import { EmailChangeController } from './email-change.controller.js';
import { EmailChangeService } from './email-change.service.js';
import { ForgottenPasswordsService } from './forgotten-passwords.service.js';
import { LongLivedTokens } from './long-lived-tokens.js';
import { MfaChallengesRepository } from './mfa-challenges.repository.js';
import { MfaChallengesService } from './mfa-challenges.service.js';
import { MfaFactors } from './mfa-factors.service.js';
import { MfaLimits } from './mfa-limits.js';
import { MfaController } from './mfa.controller.js';
import { MfaRepository } from './mfa.repository.js';
import { MfaService } from './mfa.service.js';
import { MailLimits } from './mail-limits.js';
import { PasswordResetController } from './password-reset.controller.js';
import { OrganizationSwitchController } from './organization-switch.controller.js';
import { OrganizationSwitchService } from './organization-switch.service.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionListService } from './session-list.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignInService } from './sign-in.service.js';
import { StepUpController } from './step-up.controller.js';
import { StepUpService } from './step-up.service.js';

@Module({
  imports: [UsersModule, OrganizationsModule],
  controllers: [
    AuthController,
    PasswordResetController,
    EmailChangeController,
    SessionsController,
    MfaController,
    StepUpController,
    OrganizationSwitchController,
  ],
  providers: [
    AccountLinksRepository,
    AccountLinksService,
    AccountProof,
    CurrentPassword,
    EmailChangeService,
    ForgottenPasswordsService,
    LongLivedTokens,
    MailLimits,
    MfaChallengesRepository,
    MfaChallengesService,
    MfaFactors,
    MfaLimits,
    MfaRepository,
    MfaService,
    OrganizationSwitchService,
    PasswordsService,
    RegistrationService,
    SessionListService,
    SessionsRepository,
    SessionsService,
    SignInLimits,
    SignInService,
    StepUpService,
  ],
  exports: [
    AccountLinksService,
    AccountProof,
    EmailChangeService,
    LongLivedTokens,
    MfaService,
    SessionsService,
    SignInLimits,
  ],
})
export class AuthModule {}
