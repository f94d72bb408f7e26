import { SetMetadata, applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import { RouteFacts } from '@credvault/http/route-facts.js';
import type { CredentialType } from './actor.js';
import type { Scope } from './scopes.js';

export const accessRuleKey = Symbol('credvault:access-rule');
export const stepUpKey = Symbol('credvault:step-up');
export const withoutMfaKey = Symbol('credvault:without-mfa');
export const ownSignInKey = Symbol('credvault:own-sign-in');

/** What a route demands of whoever calls it. */
export type AccessRule =
  | { kind: 'public' }
  | {
      kind: 'requires';
      /** Scope the actor must have; undefined when being known is enough. */
      scope?: Scope;
      /** Credentials the route takes; undefined means every kind. */
      credentials?: readonly CredentialType[];
      /** Whether the actor must be an administrator of the installation. */
      administrator?: true;
      /** Whether a session must have proved a moment ago who it stands for; set by `@StepUp`. */
      stepUp?: boolean;
      /** Whether a session must not come from the identity provider of an organization; set by `@OwnSignIn`. */
      ownSignIn?: boolean;
      /** Whether somebody may come without the second factor that their organization asks for; set by `@WithoutMfa`. */
      withoutMfa?: boolean;
      /** Type of the audit record that such a request writes, `noun.verb` in the past. */
      event: string;
    };

function requires(rule: AccessRule, ...document: MethodDecorator[]): MethodDecorator {
  return applyDecorators(
    SetMetadata(accessRuleKey, rule),
    RouteFacts({ needsCredential: true }),
    ApiBearerAuth('bearer'),
    ...document,
  );
}

/**
 * Closed by default: a route that carries neither this nor `@Public()` stops the start of the service.
 *
 * @param scope what the actor must be allowed to do
 * @param event type of the audit record the request writes, such as `vault.listed`
 */
export function Requires(scope: Scope, event: string): MethodDecorator {
  return requires({ kind: 'requires', scope, event }, ApiExtension('x-required-scopes', [scope]));
}

/** A route that any known actor may call: it speaks only of the actor itself. */
export function RequiresActor(event: string): MethodDecorator {
  return requires({ kind: 'requires', event });
}

/** A route that takes sessions only: a token must not be able to make another token or change a password. */
export function RequiresSession(event: string): MethodDecorator {
  return requires(
    { kind: 'requires', credentials: ['session'], event },
    ApiExtension('x-session-only', true),
  );
}

/** A route that speaks of a person: an API key, which stands for a program, is not taken. */
export function RequiresPerson(event: string): MethodDecorator {
  return requires(
    { kind: 'requires', credentials: ['session', 'api_token'], event },
    ApiExtension('x-person-only', true),
  );
}

/** A route that speaks of the API key it is called with. */
export function RequiresApiKey(event: string): MethodDecorator {
  return requires(
    { kind: 'requires', credentials: ['api_key'], event },
    ApiExtension('x-api-key-only', true),
  );
}

/** A route for administrators of the installation, by session or personal token. An API key never has their rights. */
export function RequiresAdministrator(event: string): MethodDecorator {
  return requires(
    { kind: 'requires', administrator: true, event },
    ApiExtension('x-administrator-only', true),
  );
}

/**
 * Beside one of the rules above: a session must have proved in the last five minutes who it stands for
 * (`POST /auth/step-up`), because what the route does is worth more than a stolen session. Tokens need just their scope.
 */
export function StepUp(): MethodDecorator {
  return applyDecorators(SetMetadata(stepUpKey, true), ApiExtension('x-step-up', true));
}

/**
 * On a route or a controller: somebody whose organization asks for a second factor may come without one, because this is
 * how to get one, to see who one is, or to leave.
 */
export function WithoutMfa(): ClassDecorator & MethodDecorator {
  return SetMetadata(withoutMfaKey, true);
}

/**
 * Beside one of the rules above: the route speaks of the account as a whole, so what the identity provider of one organization
 * vouched for is not taken. That provider says whom it likes, and the account may belong to other organizations.
 */
export function OwnSignIn(): MethodDecorator {
  return applyDecorators(SetMetadata(ownSignInKey, true), ApiExtension('x-own-sign-in', true));
}

/**
 * A route that counts in a small window of its own, `test`, instead of the limits of a plan (`libs/rate-limit`).
 */
export function CostsNoQuota(): MethodDecorator {
  return RouteFacts({ costsNoQuota: true });
}

/** A route that anybody may call, so many times a minute from one address. */
export function Public(): MethodDecorator {
  const rule: AccessRule = { kind: 'public' };
  return applyDecorators(SetMetadata(accessRuleKey, rule), RouteFacts({ countsForAddress: true }));
}

/** A public route that monitors ask: no limit holds them off. */
export function Probe(): ClassDecorator & MethodDecorator {
  const rule: AccessRule = { kind: 'public' };
  return SetMetadata(accessRuleKey, rule);
}
