import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtension, ApiExtraModels } from '@nestjs/swagger';
import type { ErrorCode } from '../domain-error.js';

/** Extensions that carry an operation's answers from its handler to the document builder, which consumes them. */
export const answerExtension = 'x-credvault-answer';
export const failsExtension = 'x-credvault-fails';

/** What an operation answers with when it succeeds. */
export interface OperationAnswer {
  status: number;
  /** Class name of the resource; null for an answer without a body. */
  schema: string | null;
  shape: 'one' | 'page' | 'list' | 'text';
  description: string;
  /** Media types of a `text` answer. */
  mediaTypes?: string[];
  /** What a `text` answer may look like, by media type. */
  examples?: Record<string, unknown>;
}

function answer(spec: OperationAnswer, model: Type | null): MethodDecorator {
  return applyDecorators(ApiExtension(answerExtension, spec), ...(model ? [ApiExtraModels(model)] : []));
}

/** Documents the success of an operation: `{ "data": <model> }`, `<model>` alone for a `@Bare()` one, or no body for null. */
export function Answers(status: number, model: Type | null, description: string): MethodDecorator {
  return answer({ status, schema: model?.name ?? null, shape: 'one', description }, model);
}

/** Documents the success of a list: `{ "data": [<model>], "pagination": … }`. */
export function AnswersPage(model: Type, description: string): MethodDecorator {
  return answer({ status: 200, schema: model.name, shape: 'page', description }, model);
}

/** Documents the success of a list of the cloud-style API, which is whole and has no envelope: `[<model>]`. */
export function AnswersList(model: Type, description: string): MethodDecorator {
  return answer({ status: 200, schema: model.name, shape: 'list', description }, model);
}

/**
 * Documents an answer that is a file.
 *
 * @param examples what the file may hold, by media type: text, or the parsed value for `application/json`. The document
 *   is not built while one is missing.
 */
export function AnswersFile(
  mediaTypes: string[],
  description: string,
  examples: Record<string, unknown> = {},
): MethodDecorator {
  return answer({ status: 200, schema: null, shape: 'text', description, mediaTypes, examples }, null);
}

/**
 * Documents errors that cannot be read off the rest of an operation. Those that every operation of its kind can give
 * (400, 401, 403, 404 of an id, 412, 413, 415, 422, 429, 500, 503) the document builder adds by itself.
 */
export function Fails(...codes: ErrorCode[]): MethodDecorator {
  return ApiExtension(failsExtension, codes);
}
