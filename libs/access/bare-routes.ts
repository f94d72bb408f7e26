import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ruleOf } from './rule-of.js';

/**
 * Closed by default: stops the start when a route declares neither `@Requires` nor `@Public`.
 *
 * @throws Error naming every such route
 */
export function refuseBareRoutes(discovery: DiscoveryService, scanner: MetadataScanner): void {
  const bare: string[] = [];
  for (const { instance, metatype } of discovery.getControllers()) {
    if (!instance || !metatype) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[name];
      if (handler === undefined || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
      if (ruleOf(metatype, handler) !== undefined) continue;
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number];
      bare.push(`${method} handler ${metatype.name}.${name}`);
    }
  }
  if (bare.length === 0) return;
  throw new Error(`Routes without @Requires(...) or @Public(): ${bare.join(', ')}`);
}
