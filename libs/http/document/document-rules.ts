import type { OpenApiDocument, Schema } from './document.js';
import type { SecurityDescriptions } from './security.js';

/**
 * How an API writes bodies: `enveloped` as `{ "data" }` and errors as `{ "error" }`, or `bare`, as the cloud-style API does
 * (`libs/http/cloud-error-body.ts`).
 */
export type BodyStyle = 'enveloped' | 'bare';

/** A tag of the document, and what its operations have in common. */
export interface TagRule {
  name: string;
  description: string;
  /**
   * Its operations are asked by monitors: no limit holds them off, they need nothing that could fail, and they declare an
   * outage themselves. So they get no 429, 500 and 503 by rule.
   */
  probes?: true;
}

/** A parameter of a path, the same wherever its name stands in one. */
export interface PathParameterRule {
  description: string;
  example: string | number;
  schema: Schema;
}

/** What an application adds to the derived document; the builder fails on whatever these tables do not know. */
export interface DocumentRules {
  info: Record<string, unknown>;
  bodies: BodyStyle;
  servers: OpenApiDocument['servers'];
  /** In the order in which their operations stand in the document. */
  tags: TagRule[];
  /** The ways to send a credential, the usual one first. */
  credentials: Partial<SecurityDescriptions>;
  pathParameters: Record<string, PathParameterRule>;
  /**
   * Bounds of strings in answers that bear none themselves, by `Class.property`, else by `property`. An id, known by its
   * example, and a property that the class's `Create…` or `Update…` class bounds need no line here.
   */
  stringBounds: Record<string, Schema>;
}
