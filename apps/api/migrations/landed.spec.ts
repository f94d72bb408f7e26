import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from './migrations.js';

const folder = import.meta.dirname;
const landed = JSON.parse(readFileSync(join(folder, 'landed.json'), 'utf8')) as Record<string, string>;
const files = readdirSync(folder)
  .filter((name) => /^\d+-.*\.ts$/.test(name))
  .sort();

function digestOf(name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
}

/**
 * A database that has run a migration never runs it again: what is added to it later, that database never gets. So a file is
 * written down in `landed.json` with its SHA-256 when it lands, and from then on every change of schema is a new file.
 */
describe('migrations', () => {
  it.each(files)('%s is what landed', (name) => {
    expect({ [name]: digestOf(name) }).toEqual({ [name]: landed[name] });
  });

  it('are all there, and run in the order of their names', () => {
    expect(Object.keys(landed)).toEqual(files);
    expect(migrations.map(({ name }) => /\d{13}$/.exec(name)?.[0])).toEqual(
      files.map((name) => name.split('-')[0]),
    );
  });
});
