import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from '@credvault/config/settings-table.js';

const readme = join(import.meta.dirname, '../../README.md');

describe('README.md', () => {
  it('describes every setting as settings.ts does, in the same order', () => {
    const rows = readFileSync(readme, 'utf8')
      .split('\n')
      .map((line) => /^\| `([A-Z_]+)` \| (.*) \| (.*) \|$/.exec(line))
      .flatMap((match) =>
        match ? [{ name: match[1], default: plain(match[2]), description: match[3]?.trim() }] : [],
      );
    expect(rows).toEqual(settingsTable.map((row) => ({ ...row, description: row.description.trim() })));
  });
});

/** A default without the marks of Markdown and without the padding of the table. */
function plain(cell = ''): string {
  return cell.trim().replace(/^`(.*)`$/, '$1');
}
