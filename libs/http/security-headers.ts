import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

import { requestIdHeader } from './request-id.js';

/** A browser shall do nothing with an answer of an API but hand it to the script that asked for it. */
const apiPolicy = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

/** One year in seconds, the least that browsers' preload lists ask for. */
const strictTransportSeconds = 31_536_000;

/** How long a browser may remember a preflight, in seconds; Chromium takes no more than two hours. */
const preflightSeconds = 600;

const exposedHeaders = [
  'Location',
  'Link',
  'ETag',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/**
 * The headers every answer carries, in lower case: those of helmet that mean something for an API (OWASP REST Security
 * Cheat Sheet, "Security headers") and `no-store`. They are the same each time, so helmet is asked once.
 */
export function securityHeaders(publicUrl: URL): Record<string, string> {
  const answer = new ServerResponse(new IncomingMessage(new Socket()));
  const isHttps = publicUrl.protocol === 'https:';
  const apply = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: apiPolicy },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: isHttps ? { maxAge: strictTransportSeconds, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  apply(answer.req, answer, () => undefined);
  answer.setHeader('cache-control', 'no-store');
  return Object.fromEntries(
    Object.entries(answer.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}

/**
 * Puts the given headers and the request id on every answer. A handler that sends pages or files sets its own
 * `content-security-policy` and `cache-control`, which then win.
 */
export function registerSecurityHeaders(fastify: FastifyInstance, headers: Record<string, string>): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header(requestIdHeader, request.id);
    done();
  });
}

/** Lets pages of the listed origins call the API. Without origins, nothing is registered. Credentials travel in headers only. */
export function registerCors(fastify: FastifyInstance, origins: string[]): void {
  if (origins.length === 0) return;
  void fastify.register(cors, {
    origin: origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'X-API-Key'],
    exposedHeaders,
    credentials: false,
    maxAge: preflightSeconds,
    // Else it would answer a plain OPTIONS with a text of its own; now that gets the usual 204 with Allow.
    strictPreflight: false,
  });
}
