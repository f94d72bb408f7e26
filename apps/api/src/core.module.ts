import { Global, Module, type DynamicModule } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { AccessGuard } from '@credvault/access/access.guard.js';
import { Allowances } from '@credvault/access/allowances.js';
import { BearerStrategy } from '@credvault/access/bearer.strategy.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { Door } from '@credvault/access/door.js';
import { FailedCredentials } from '@credvault/access/failed-credentials.js';
import { LastUsed } from '@credvault/access/last-used.js';
import { PrincipalCache } from '@credvault/access/principal-cache.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { RefusedRequests } from '@credvault/audit-log/refused-requests.js';
import { RequestRecorder } from '@credvault/audit-log/request-recorder.js';
import { settingsToken } from '@credvault/config/settings.js';
import { Keyring } from '@credvault/crypto/keyring.js';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { AuthenticatorCipher } from '@credvault/crypto/authenticator-cipher.js';
import { ProviderSecretCipher } from '@credvault/crypto/provider-secret-cipher.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { UserHmac } from '@credvault/crypto/user-hmac.js';
import { Database } from '@credvault/database/database.js';
import { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { Idempotency } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { Mailer } from '@credvault/mail/mailer.js';
import { AddressRules } from '@credvault/outbound/address-rules.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { rateLimitProviders } from '@credvault/rate-limit/rate-limit.providers.js';
import { dataFolderToken, type Runtime } from './runtime/runtime.js';

/** The parts of the foundation, made from what the runtime opened, for every domain to take. */
@Global()
@Module({})
export class CoreModule {
  static forRuntime(runtime: Runtime): DynamicModule {
    const { settings, logger, database, systemKeys, channel, rootKeys } = runtime;
    const warn = (what: string) => (error: unknown) => logger.warn({ error: String(error) }, what);
    const auditLog = new AuditLog(runtime.auditPool, (error) =>
      logger.error({ error: String(error) }, 'the audit log cannot write'),
    );
    const mailer = new Mailer({
      smtpUrl: settings.smtpUrl,
      sender: settings.mailFrom,
      onFailure: (failure) => logger.warn(failure, 'a mail was not delivered'),
    });
    const cache = new PrincipalCache(channel);
    const digester = new TokenDigester(systemKeys.pepper);
    const lastUsed = new LastUsed(warn('last uses were not saved'));
    const provided = [
      { provide: settingsToken, useValue: settings },
      { provide: dataFolderToken, useValue: runtime.folder },
      { provide: Database, useValue: database },
      { provide: RootKeys, useValue: rootKeys },
      { provide: InvalidationChannel, useValue: channel },
      { provide: Keyring, useValue: new Keyring(database, rootKeys, channel) },
      { provide: TokenDigester, useValue: digester },
      { provide: UserHmac, useValue: UserHmac.derivedFrom(systemKeys.pepper) },
      { provide: AuthenticatorCipher, useValue: new AuthenticatorCipher(systemKeys.authenticators) },
      { provide: ProviderSecretCipher, useValue: new ProviderSecretCipher(systemKeys.providers) },
      { provide: CursorCodec, useValue: new CursorCodec(systemKeys.cursor) },
      { provide: Idempotency, useValue: new Idempotency(database, systemKeys.idempotency) },
      { provide: AuditLog, useValue: auditLog },
      { provide: RequestRecorder, useValue: new RequestRecorder(auditLog) },
      {
        provide: RefusedRequests,
        useValue: new RefusedRequests(database, warn('refused requests were not counted')),
      },
      ...rateLimitProviders(runtime.counters),
      { provide: Mailer, useValue: mailer },
      { provide: OutboundClient, useValue: new OutboundClient(new AddressRules(settings.outboundAllow)) },
      { provide: LastUsed, useValue: lastUsed },
      { provide: CredentialRegistry, useValue: new CredentialRegistry(digester, cache, lastUsed) },
    ];
    return {
      module: CoreModule,
      imports: [PassportModule],
      providers: [...provided, FailedCredentials, Allowances, BearerStrategy, AccessGuard, Door],
      exports: [...provided.map(({ provide }) => provide), FailedCredentials, AccessGuard, Door],
    };
  }
}
