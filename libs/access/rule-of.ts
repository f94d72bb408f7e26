import 'reflect-metadata';
import { accessRuleKey, ownSignInKey, stepUpKey, withoutMfaKey, type AccessRule } from './rules.js';

const known = new WeakMap<object, AccessRule>();

/** The rule of a handler, its own before its controller's; undefined when neither declares one. */
export function ruleOf(controller: object, handler: object): AccessRule | undefined {
  const cached = known.get(handler);
  if (cached) return cached;
  const declared = [handler, controller]
    .map((target) => Reflect.getMetadata(accessRuleKey, target) as AccessRule | undefined)
    .find((candidate) => candidate !== undefined);
  if (!declared) return undefined;
  const stepUp = Reflect.hasMetadata(stepUpKey, handler);
  const ownSignIn = Reflect.hasMetadata(ownSignInKey, handler);
  const withoutMfa = [handler, controller].some((target) => Reflect.hasMetadata(withoutMfaKey, target));
  const rule = declared.kind === 'requires' ? { ...declared, stepUp, ownSignIn, withoutMfa } : declared;
  known.set(handler, rule);
  return rule;
}
