import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/**
 * Puts facts about a handler where Fastify's hooks see them, `request.routeOptions.config`. Nest's own decorator replaces
 * what another one has put there; this one adds to it.
 */
export function RouteFacts(facts: Partial<FastifyContextConfig>): MethodDecorator {
  return (target, key, descriptor) => {
    const before = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object) as
      object | undefined;
    RouteConfig({ ...before, ...facts })(target, key, descriptor);
  };
}
