import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['e2e', 'security'].map((name) => join(import.meta.dirname, '..', name));
const suites = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
/** A loop over the rounds, and the titles it may stand under: of its test and of the groups around it. */
const loop = /^( *)(?:for .*< rounds\b(?!.*await work)|await everyRound\()/;
const title = /^( *)(?:describe|it)(?:\.each\([^)]*\))?\(\s*'([^']*)'|^( *)'([^']*)',$/;

describe('npm run test:race', () => {
  it.each(suites.filter((suite) => readFileSync(suite, 'utf8').includes('support/rounds.js')))(
    'finds every race of %s by its title',
    (suite) => {
      const titles = new Map<number, string>();
      let races = 0;
      for (const line of readFileSync(suite, 'utf8').split('\n')) {
        const [, indent, text, indentOfBreak, textOfBreak] = title.exec(line) ?? [];
        const depth = (indent ?? indentOfBreak)?.length;
        if (depth !== undefined) {
          for (const deeper of [...titles.keys()]) if (deeper >= depth) titles.delete(deeper);
          titles.set(depth, text ?? textOfBreak ?? '');
        }
        const at = loop.exec(line)?.[1]?.length;
        if (at === undefined) continue;
        const above = [...titles].filter(([indent]) => indent < at).map(([, text]) => text);
        expect(`${above.join(' ')}: ${line.trim()}`).toContain('race');
        races += 1;
      }
      expect(races).toBeGreaterThan(0);
    },
  );
});
