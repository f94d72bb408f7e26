import 'reflect-metadata';
import { accessRuleKey, type AccessRule } from './rules.js';

const known = new WeakMap<object, AccessRule>();

/** The rule of a handler, its own before its controller's; undefined when neither declares one. */
export function ruleOf(controller: object, handler: object): AccessRule | undefined {
  const cached = known.get(handler);
  if (cached) return cached;
  const rule = [handler, controller]
    .map((target) => Reflect.getMetadata(accessRuleKey, target) as AccessRule | undefined)
    .find((candidate) => candidate !== undefined);
  if (rule) known.set(handler, rule);
  return rule;
}
