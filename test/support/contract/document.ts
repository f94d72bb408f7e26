import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const documentFolder = join(import.meta.dirname, '../../../openapi');

/** The APIs, which have a document each. The ids of operations of `v2` begin with `v2.` here, as both have a `listRoles`. */
export const apis = ['v1', 'v2'] as const;
export type Api = (typeof apis)[number];

/** What stands before the ids of the operations of an API. */
export const idPrefix: Record<Api, string> = { v1: '', v2: 'v2.' };

/** A schema, header, response or parameter of the document, of which only what the tests read is named. */
export type Node = Record<string, unknown>;

export interface DocumentedParameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  schema?: Node;
}

export interface DocumentedResponse {
  headers?: Record<string, Node & { schema?: Node }>;
  content?: Record<string, { schema?: Node }>;
}

/** One method on one path. */
export interface DocumentedOperation {
  id: string;
  tag: string;
  /** In upper case. */
  method: string;
  /** Template from the root: `/api/v1/vaults/{vaultId}`. */
  path: string;
  parameters: DocumentedParameter[];
  /** Schema of the JSON body, where it takes one. */
  body?: { schema: Node };
  responses: Record<string, DocumentedResponse>;
  /** Whether it takes a credential. */
  isSecured: boolean;
  /** Names of the security schemes it takes, any of which will do. */
  schemes: string[];
  requiredScopes: string[];
  isSessionOnly: boolean;
  isPersonOnly: boolean;
  isApiKeyOnly: boolean;
  isAdministratorOnly: boolean;
  /** Whether its answers may tell how many requests are left. */
  isLimited: boolean;
}

interface Template {
  segments: string[];
  operation: DocumentedOperation;
}

interface RawOperation {
  operationId: string;
  tags: string[];
  parameters?: Node[];
  requestBody?: Node;
  responses: Record<string, Node>;
  security?: Record<string, string[]>[];
  'x-required-scopes'?: string[];
  'x-session-only'?: boolean;
  'x-person-only'?: boolean;
  'x-api-key-only'?: boolean;
  'x-administrator-only'?: boolean;
}

interface RawDocument {
  paths: Record<string, Record<string, RawOperation>>;
  security?: Record<string, string[]>[];
  components?: Record<string, Record<string, Node>>;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** The committed OpenAPI document, as the contract tests read it. */
export class ContractDocument {
  readonly operations: DocumentedOperation[];
  /** By method and number of segments; a literal path comes before one with parameters. */
  private readonly templates = new Map<string, Template[]>();

  constructor(
    readonly raw: RawDocument,
    private readonly api: Api = 'v1',
  ) {
    this.operations = Object.entries(raw.paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = item[method];
        return operation ? [this.readOperation(method, path, operation)] : [];
      }),
    );
    const literalFirst = [...this.operations].sort((a, b) => parametersIn(a.path) - parametersIn(b.path));
    for (const operation of literalFirst) {
      const segments = operation.path.split('/');
      const key = `${operation.method} ${segments.length}`;
      this.templates.set(key, [...(this.templates.get(key) ?? []), { segments, operation }]);
    }
  }

  /** Reads the committed document of an API. */
  static read(api: Api = 'v1'): ContractDocument {
    const text = readFileSync(join(documentFolder, `${api}.json`), 'utf8');
    return new ContractDocument(JSON.parse(text) as RawDocument, api);
  }

  operation(id: string): DocumentedOperation {
    const found = this.operations.find((operation) => operation.id === id);
    if (!found) throw new Error(`The document has no operation ${id}.`);
    return found;
  }

  /** The operation of a request; a literal path comes before one with parameters. */
  match(method: string, path: string): DocumentedOperation | undefined {
    const segments = writtenOut(path).split('/');
    const templates = this.templates.get(`${method} ${segments.length}`);
    return templates?.find((template) => fits(template.segments, segments))?.operation;
  }

  /** What a `$ref` of the document stands for. */
  resolve(node: Node): Node {
    const { $ref } = node;
    if (typeof $ref !== 'string') return node;
    const found = $ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>(
        (at, part) => (at as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')],
        this.raw,
      );
    if (found === undefined) throw new Error(`The document refers to ${$ref}, which is not there.`);
    return this.resolve(found as Node);
  }

  private readOperation(method: string, path: string, raw: RawOperation): DocumentedOperation {
    const responses = Object.entries(raw.responses).map(([status, response]) => {
      const resolved = this.resolve(response) as DocumentedResponse;
      const headers = Object.entries(resolved.headers ?? {}).map(([name, header]) => [
        name,
        this.resolve(header),
      ]);
      return [
        status,
        { ...resolved, headers: Object.fromEntries(headers) as DocumentedResponse['headers'] },
      ] as const;
    });
    const schemes = (raw.security ?? this.raw.security ?? []).flatMap(Object.keys);
    return {
      id: idPrefix[this.api] + raw.operationId,
      tag: raw.tags[0] ?? '',
      method: method.toUpperCase(),
      path,
      parameters: (raw.parameters ?? []).map((node) => this.resolve(node) as unknown as DocumentedParameter),
      body: this.readBody(raw.requestBody),
      responses: Object.fromEntries(responses),
      isSecured: schemes.length > 0,
      schemes,
      requiredScopes: raw['x-required-scopes'] ?? [],
      isSessionOnly: raw['x-session-only'] ?? false,
      isPersonOnly: raw['x-person-only'] ?? false,
      isApiKeyOnly: raw['x-api-key-only'] ?? false,
      isAdministratorOnly: raw['x-administrator-only'] ?? false,
      isLimited: responses.some(([, { headers }]) => headers !== undefined && 'RateLimit' in headers),
    };
  }

  private readBody(node: Node | undefined): DocumentedOperation['body'] {
    const content = node && (this.resolve(node).content as Record<string, { schema: Node }>);
    return content?.['application/json'];
  }
}

/** Which API a path from the root belongs to. */
export function apiOf(path: string): Api {
  return /^\/api\/v2(?:\/|$)/.test(path) ? 'v2' : 'v1';
}

/** `/v1/…` and `/health/…` are short for the same below `/api/v1`; a path of `v2` may end with a slash. */
function writtenOut(path: string): string {
  if (apiOf(path) === 'v2') return path.replace(/\/$/, '');
  if (path.startsWith('/health/')) return `/api/v1${path}`;
  return path.startsWith('/v1/') ? `/api${path}` : path;
}

function fits(template: string[], segments: string[]): boolean {
  return template.every((part, index) => part.startsWith('{') || part === segments[index]);
}

function parametersIn(path: string): number {
  return path.split('{').length - 1;
}
