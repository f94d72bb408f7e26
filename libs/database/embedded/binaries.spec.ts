import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { completeLibraryLinks } from './binaries.js';

describe('completeLibraryLinks', () => {
  let folder: string;
  const link = () => path.join(folder, 'native/lib/libpq.so.5');

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'credvault-binaries-'));
    mkdirSync(path.join(folder, 'native/lib'), { recursive: true });
    writeFileSync(path.join(folder, 'native/lib/libpq.so.5.18'), 'library');
    const list = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    writeFileSync(path.join(folder, 'native/pg-symlinks.json'), JSON.stringify(list));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes the links that are missing, relative, so that the folder can be copied', async () => {
    await Promise.all([completeLibraryLinks(folder), completeLibraryLinks(folder)]);
    expect(readlinkSync(link())).toBe('libpq.so.5.18');
    expect(readFileSync(link(), 'utf8')).toBe('library');
  });

  it('leaves those alone that are there', async () => {
    await completeLibraryLinks(folder);
    const { ino } = lstatSync(link());
    await completeLibraryLinks(folder);
    expect(lstatSync(link()).ino).toBe(ino);
  });
});
