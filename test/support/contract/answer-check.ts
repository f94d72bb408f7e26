import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { closeSchemas } from './closed-schemas.js';
import type { ContractDocument, DocumentedOperation, DocumentedResponse } from './document.js';

/** As much of an answer as the document speaks of. */
export interface CheckedAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
  text: string;
}

/** Headers that an answer has only where there is something to tell; every other documented header must be there. */
const conditionalHeaders = ['link', 'idempotency-replayed', 'ratelimit-policy', 'ratelimit'];

/** Headers that come together or not at all, and nowhere but where they are documented. */
const limitHeaders = ['RateLimit-Policy', 'RateLimit'];

/** Where the copy of the document stands among ajv's schemas. */
const copy = 'credvault:document';

/** Holds answers to the document: status, headers, media type and body, with no field beyond those documented. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  /** By the node of the document, which many answers share. */
  private readonly compiled = new Map<object, ValidateFunction>();
  private readonly pointers = new Map<object, string>();

  constructor(document: ContractDocument) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: copy, ...closeSchemas(document.raw) });
    notePointers(document.raw, '#', this.pointers);
  }

  /** What is wrong with an answer to this operation, in words; empty when it is as documented. */
  problems(operation: DocumentedOperation, answer: CheckedAnswer): string[] {
    const response = operation.responses[answer.status];
    if (!response) {
      const documented = Object.keys(operation.responses).join(', ');
      return [`status ${answer.status} is not documented (${documented} are)`];
    }
    return [
      ...this.headerProblems(response, answer),
      ...limitProblems(response, answer),
      ...this.bodyProblems(response, answer),
    ];
  }

  private headerProblems(response: DocumentedResponse, answer: CheckedAnswer): string[] {
    return Object.entries(response.headers ?? {}).flatMap(([name, header]) => {
      const value = answer.headers[name.toLowerCase()];
      // RFC 6750 has a challenge for a missing scope, but none for the wrong kind of credential.
      const mayBeAbsent =
        conditionalHeaders.includes(name.toLowerCase()) ||
        (answer.status === 403 && name === 'WWW-Authenticate');
      if (value === undefined) return mayBeAbsent ? [] : [`the header ${name} is missing`];
      if (!header.schema) return [];
      const isNumber = ['integer', 'number'].includes(String(header.schema.type));
      return this.findings(
        this.validatorOf(header.schema),
        isNumber ? Number(value) : value,
        `header ${name}`,
      );
    });
  }

  private bodyProblems(response: DocumentedResponse, answer: CheckedAnswer): string[] {
    const documented = Object.entries(response.content ?? {});
    if (documented.length === 0) return answer.text === '' ? [] : ['there is a body, but none is documented'];
    const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
    const media = documented.find(([name]) => name.split(';', 1)[0] === type)?.[1];
    if (!media)
      return [
        `the media type ${type || '(none)'} is not documented (${documented.map(([name]) => name).join(', ')})`,
      ];
    const { schema } = media;
    if (!schema) return [];
    return this.findings(this.validatorOf(schema), /\bjson$/.test(type) ? answer.body : answer.text, 'body');
  }

  private validatorOf(schema: object): ValidateFunction {
    const known = this.compiled.get(schema);
    if (known) return known;
    const pointer = this.pointers.get(schema);
    if (pointer === undefined) throw new Error('A schema is no part of the document it was read from.');
    const validate = this.ajv.compile({ $ref: `${copy}${pointer}` });
    this.compiled.set(schema, validate);
    return validate;
  }

  private findings(validate: ValidateFunction, value: unknown, where: string): string[] {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const { additionalProperty, unevaluatedProperty } = params as Record<string, string | undefined>;
      const field = additionalProperty ?? unevaluatedProperty;
      return `${where}${instancePath}: ${field === undefined ? message : `the field ${field} is not documented`}`;
    });
  }
}

function limitProblems({ headers = {} }: DocumentedResponse, answer: CheckedAnswer): string[] {
  const sent = limitHeaders.filter((name) => answer.headers[name.toLowerCase()] !== undefined);
  const undocumented = sent.filter((name) => headers[name] === undefined);
  return [
    ...(sent.length === 1
      ? [`the header ${sent[0]} came without the other of ${limitHeaders.join(', ')}`]
      : []),
    ...undocumented.map((name) => `the header ${name} is not documented`),
  ];
}

/** Notes the JSON pointer (RFC 6901) of every node of the document. */
function notePointers(node: unknown, pointer: string, noted: Map<object, string>): void {
  if (typeof node !== 'object' || node === null || noted.has(node)) return;
  noted.set(node, pointer);
  for (const [name, part] of Object.entries(node)) {
    const segment = encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
    notePointers(part, `${pointer}/${segment}`, noted);
  }
}
