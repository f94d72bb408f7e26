import type { CodeSample } from './document.js';
import type { BodyStyle } from './document-rules.js';

/** One request, as the samples make it. */
export interface SampleRequest {
  method: string;
  /** With scheme and host, examples in place of path parameters. */
  url: string;
  /** Example body; undefined for a request without one. */
  body?: unknown;
  /**
   * Whether the operation takes a credential. The samples read a token from `CREDVAULT_TOKEN`, or for the cloud-style API a
   * key and its secret from `CREDVAULT_KEY` and `CREDVAULT_SECRET`.
   */
  authorized: boolean;
  /** What a success holds. */
  answer: 'json' | 'text' | 'nothing';
  bodies: BodyStyle;
}

/** The same request with curl, JavaScript (`fetch`) and Python (`requests`). */
export function codeSamples(request: SampleRequest): CodeSample[] {
  return [
    { lang: 'Shell', label: 'curl', source: curlSample(request) },
    { lang: 'JavaScript', label: 'JavaScript', source: javaScriptSample(request) },
    { lang: 'Python', label: 'Python', source: pythonSample(request) },
  ];
}

function curlSample({ method, url, body, authorized, bodies }: SampleRequest): string {
  const words = [`curl -X ${method} ${shellQuoted(url)}`];
  if (authorized) {
    const byKey = '-u "$CREDVAULT_KEY:$CREDVAULT_SECRET"';
    words.push(bodies === 'bare' ? byKey : '-H "Authorization: Bearer $CREDVAULT_TOKEN"');
  }
  if (body !== undefined)
    words.push('-H "Content-Type: application/json"', `-d ${shellQuoted(JSON.stringify(body))}`);
  return words.join(' \\\n  ');
}

/** Nothing is special in single quotes but the quote itself (POSIX Shell Command Language §2.2.2). */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function javaScriptSample({ method, url, body, authorized, answer, bodies }: SampleRequest): string {
  const isBare = bodies === 'bare';
  const authorization = isBare
    ? '    Authorization: `Basic ${btoa(`${process.env.CREDVAULT_KEY}:${process.env.CREDVAULT_SECRET}`)}`,'
    : '    Authorization: `Bearer ${process.env.CREDVAULT_TOKEN}`,';
  const headers = [
    ...(authorized ? [authorization] : []),
    ...(body === undefined ? [] : ["    'Content-Type': 'application/json',"]),
  ];
  return [
    `const response = await fetch('${url}', {`,
    `  method: '${method}',`,
    ...(headers.length > 0 ? ['  headers: {', ...headers, '  },'] : []),
    ...(body === undefined
      ? []
      : [`  body: JSON.stringify(${indented(JSON.stringify(body, null, 2), '  ')}),`]),
    '});',
    'if (!response.ok) throw new Error(await response.text());',
    ...{
      json: [`const ${isBare ? 'answer' : '{ data }'} = await response.json();`],
      text: ['const text = await response.text();'],
      nothing: [],
    }[answer],
  ].join('\n');
}

function pythonSample({ method, url, body, authorized, answer, bodies }: SampleRequest): string {
  const isBare = bodies === 'bare';
  const bearer = `f"Bearer {os.environ['CREDVAULT_TOKEN']}"`;
  const authorization = isBare
    ? '    auth=(os.environ["CREDVAULT_KEY"], os.environ["CREDVAULT_SECRET"]),'
    : `    headers={"Authorization": ${bearer}},`;
  return [
    ...(authorized ? ['import os', ''] : []),
    'import requests',
    '',
    'response = requests.request(',
    `    "${method}",`,
    `    "${url}",`,
    ...(authorized ? [authorization] : []),
    ...(body === undefined ? [] : [`    json=${indented(pythonLiteral(body), '    ')},`]),
    '    timeout=30,',
    ')',
    'response.raise_for_status()',
    ...{
      json: [isBare ? 'answer = response.json()' : 'data = response.json()["data"]'],
      text: ['text = response.text'],
      nothing: [],
    }[answer],
  ].join('\n');
}

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}

/** A JSON value as a Python literal; JSON strings are Python strings. */
function pythonLiteral(value: unknown, by = ''): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const items = Array.isArray(value)
    ? value.map((item: unknown) => pythonLiteral(item, `${by}    `))
    : Object.entries(value).map(
        ([key, item]) => `${JSON.stringify(key)}: ${pythonLiteral(item, `${by}    `)}`,
      );
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${by}    ${item},\n`).join('')}${by}${close}`;
}
