import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root }).sort()];
const operations = ['v1', 'v2'].flatMap((version) => operationsOf(`openapi/${version}.json`));

/** A request that a page shows. */
interface Shown {
  method: string;
  path: string;
}

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = shellBlocks(text);

  it('uses no variable in a command that the page has not explained or set before', () => {
    const known = new Set(introduction(text).match(/CREDVAULT_[A-Z_]+/g));
    const unknown: string[] = [];
    for (const line of blocks.join('\n').split('\n')) {
      for (const [, name = ''] of line.matchAll(/\$(?:\{)?(CREDVAULT_[A-Z_]+|[a-z_]+)\b/g)) {
        if (!known.has(name)) unknown.push(name);
      }
      for (const name of namesSetBy(line)) known.add(name);
    }
    expect(unknown).toEqual([]);
  });

  it('shows requests that the API has, with their methods', () => {
    expect(blocks.flatMap(requestsOf).filter(isUnknown)).toEqual([]);
  });

  it('names requests that the API has, with their methods', () => {
    const base = page === 'docs/cloud-v2.md' ? '/api/v2' : '/api/v1';
    expect(requestsNamedIn(text, base).filter(isUnknown)).toEqual([]);
  });

  it('can be pasted as it stands: nothing to fill in, and no comment, which an interactive zsh would run', () => {
    expect(blocks.filter((block) => /…|^\s*# |[^&]\s# /m.test(withoutDocuments(block)))).toEqual([]);
  });

  it('links to files and headings that are there', () => {
    expect(
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter(isBroken(page)),
    ).toEqual([]);
  });
});

function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
}

/** What a page says before the first command that takes a variable, which explains the variables. */
function introduction(text: string): string {
  return text.slice(0, text.search(/^```sh\n(?:(?!```)[^])*\$CREDVAULT_/m));
}

/** The variables that a line of a shell leaves set. */
function namesSetBy(line: string): string[] {
  const assigned = [...line.matchAll(/(?:^|\s|&& )(?:export )?([A-Za-z_]+)=/g)].map(([, name = '']) => name);
  return [...assigned, ...(/^read -r (\w+)/.exec(line)?.slice(1) ?? [])];
}

/** The lines of a block without the files that it writes (`<<'END'`). */
function withoutDocuments(block: string): string {
  return block.replaceAll(/<<'(\w+)'\n[^]*?^\1$/gm, '');
}

/** The requests of a block: curl sends GET, or POST with data, unless told otherwise. */
function requestsOf(block: string): Shown[] {
  const commands = block
    .replaceAll(/\\\n/g, ' ')
    .split(/\bcurl /)
    .slice(1);
  return commands.flatMap((command) => {
    const [, path] = /\$CREDVAULT_URL(\/[^"?\s]*)/.exec(command) ?? [];
    if (path === undefined) return [];
    const [, method] = / ?-X ([A-Z]+)/.exec(command) ?? [];
    return [{ method: method ?? (/ -d /.test(command) ? 'POST' : 'GET'), path: path.replace(/\/$/, '') }];
  });
}

/** The requests that the text names, such as `POST /vaults/{id}/grants`, whole or from the base of their API. */
function requestsNamedIn(text: string, base: string): Shown[] {
  const named = [...text.matchAll(/`(GET|POST|PUT|PATCH|DELETE)\s([^`\s?]+)[^`]*`/g)];
  return (
    named
      .map(([, method = '', path = '']) => ({ method, path: path.replace(/\/$/, '') }))
      // `POST …/pause`: what comes before is clear from the page, and not from here.
      .filter(({ path }) => !path.startsWith('…'))
      .map(({ method, path }) => ({ method, path: path.startsWith('/api/') ? path : base + path }))
  );
}

function isUnknown({ method, path }: Shown): boolean {
  return !operations.some((operation) => operation.method === method && operation.path.test(path));
}

/** The operations of an API document; a parameter of a path stands for a variable or a value. */
function operationsOf(document: string): { method: string; path: RegExp }[] {
  const { paths } = JSON.parse(readFileSync(join(root, document), 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => ({
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    })),
  );
}

/** Whether a link of a page leads to nothing: a file that is not there, or a heading that its page does not have. */
function isBroken(page: string): (link: string) => boolean {
  return (link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', heading] = link.split('#');
    const target = path === '' ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(target)) return true;
    return heading !== undefined && !headingsOf(readFileSync(target, 'utf8')).includes(heading);
  };
}

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}
