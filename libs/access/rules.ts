import { SetMetadata, applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import { RouteFacts } from '@credvault/http/route-facts.js';
import type { CredentialType } from './actor.js';
import type { Scope } from './scopes.js';

export const accessRuleKey = Symbol('credvault:access-rule');

/** What a route demands of whoever calls it. */
export type AccessRule =
  | { kind: 'public' }
  | {
      kind: 'requires';
      /** Scope the actor must have; undefined when being known is enough. */
      scope?: Scope;
      /** Credentials the route takes; undefined means every kind. */
      credentials?: readonly CredentialType[];
      /** Type of the audit record that such a request writes, `noun.verb` in the past. */
      event: string;
    };

/**
 * Closed by default: a route that carries neither this nor `@Public()` stops the start of the service.
 *
 * @param scope what the actor must be allowed to do
 * @param event type of the audit record the request writes, such as `vault.listed`
 */
export function Requires(scope: Scope, event: string): MethodDecorator {
  const rule: AccessRule = { kind: 'requires', scope, event };
  return applyDecorators(
    SetMetadata(accessRuleKey, rule),
    RouteFacts({ needsCredential: true }),
    ApiBearerAuth('bearer'),
    ApiExtension('x-required-scopes', [scope]),
  );
}

/** A route that any known actor may call: it speaks only of the actor itself. */
export function RequiresActor(event: string): MethodDecorator {
  const rule: AccessRule = { kind: 'requires', event };
  return applyDecorators(
    SetMetadata(accessRuleKey, rule),
    RouteFacts({ needsCredential: true }),
    ApiBearerAuth('bearer'),
  );
}

/** A route that takes sessions only: a token must not be able to make another token or change a password. */
export function RequiresSession(event: string): MethodDecorator {
  const rule: AccessRule = { kind: 'requires', credentials: ['session'], event };
  return applyDecorators(
    SetMetadata(accessRuleKey, rule),
    RouteFacts({ needsCredential: true }),
    ApiBearerAuth('bearer'),
    ApiExtension('x-session-only', true),
  );
}

/** A route that anybody may call. */
export function Public(): MethodDecorator & ClassDecorator {
  const rule: AccessRule = { kind: 'public' };
  return SetMetadata(accessRuleKey, rule);
}
