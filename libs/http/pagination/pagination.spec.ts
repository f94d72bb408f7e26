import { randomBytes } from 'node:crypto';

import { CursorCodec } from './cursor-codec.js';
import { keysetClause } from './keyset.js';
import type { ListQuery } from './list-query.dto.js';
import { Page, toPage } from './page.js';
import { type ListRules, parsePageRequest, sortSpec, type SortTerm } from './page-request.js';

const cursors = new CursorCodec(randomBytes(32));
const sortable = {
  name: { sql: 'v.name', type: 'text' },
  createdAt: { sql: 'v.created_at', type: 'timestamptz' },
  id: { sql: 'v.id', type: 'uuid' },
} as const;
const rules: ListRules = {
  sortable,
  defaultSort: '-createdAt',
  defaultLimit: 50,
  cursors,
  list: 'vaults:org_1',
};
const sortOf = (sort: string): SortTerm[] => parsePageRequest({ sort }, rules).sort;

describe('CursorCodec', () => {
  const values = ['2025-06-11T09:15:00.000Z', '0198a1b2-0000-7000-8000-000000000001'];
  const cursor = cursors.encode('secrets:v1', '-createdAt,-id', values);

  it('gives back what it was given', () => {
    expect(cursors.decode('secrets:v1', '-createdAt,-id', cursor)).toEqual(values);
  });

  it.each([
    ['another list', 'secrets:v2', '-createdAt,-id'],
    ['another sorting', 'secrets:v1', 'createdAt,id'],
    ['a list that swallows the sorting', 'secrets:v1-createdAt', ',-id'],
  ])('refuses the cursor for %s', (_what, list, sort) => {
    expect(() => cursors.decode(list, sort, cursor)).toThrow('The cursor is not valid for this list.');
  });

  it('refuses a cursor changed in any one bit, cut, grown, or signed with another key', () => {
    const bytes = Buffer.from(cursor, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => cursors.decode('secrets:v1', '-createdAt,-id', changed.toString('base64url'))).toThrow();
    }
    const others = new CursorCodec(randomBytes(32)).encode('secrets:v1', '-createdAt,-id', values);
    for (const wrong of [
      '',
      'AAAA',
      cursor.slice(0, -2),
      `${cursor}AA`,
      `${cursor}=`,
      ` ${cursor}`,
      others,
    ]) {
      expect(() => cursors.decode('secrets:v1', '-createdAt,-id', wrong)).toThrow('not valid');
    }
  });

  it('takes a key of 32 bytes only', () => {
    expect(() => new CursorCodec(randomBytes(16))).toThrow('32');
  });
});

describe('parsePageRequest', () => {
  const parse = (query: ListQuery): ReturnType<typeof parsePageRequest> => parsePageRequest(query, rules);

  it('fills in the defaults and ends every order with the id, in the direction before it', () => {
    expect(parse({})).toMatchObject({ limit: 50, offset: 0 });
    expect(sortSpec(parse({}).sort)).toBe('-createdAt,-id');
    expect(sortSpec(sortOf('-createdAt,name'))).toBe('-createdAt,name,id');
    expect(sortSpec(sortOf('-id'))).toBe('-id');
    expect(parse({ skip: 20 }).offset).toBe(20);
  });

  it.each([
    [{ offset: 0, skip: 0 }, 'skip is another name for offset'],
    [{ cursor: 'x', skip: 0 }, 'cursor cannot be given together'],
    [{ sort: 'nmae' }, 'cannot sort by nmae; allowed: name, createdAt, id'],
    [{ sort: 'name,' }, 'cannot sort by an empty field'],
    [{ sort: '--name' }, 'cannot sort by -name'],
    [{ sort: '__proto__' }, 'cannot sort by __proto__'],
    [{ sort: 'name,-name' }, 'names name more than once'],
  ])('refuses %j', (query, message) => {
    expect(() => parse(query)).toThrow(message);
  });

  it('reads a cursor of the same list and sorting only', () => {
    const cursor = parse({ sort: 'name' }).cursorAt(['a', 'id-1']);
    expect(parse({ sort: 'name', cursor }).after).toEqual(['a', 'id-1']);
    expect(() => parse({ cursor })).toThrow('not valid for this list');
    const other = { ...rules, list: 'vaults:org_2' };
    expect(() => parsePageRequest({ sort: 'name', cursor }, other)).toThrow('not valid for this list');
  });
});

describe('keysetClause', () => {
  it('has no condition on the first page', () => {
    expect(keysetClause(sortOf('-createdAt'), undefined, 1)).toEqual({
      where: 'TRUE',
      values: [],
      orderBy: 'v.created_at DESC, v.id DESC',
    });
  });

  it('compares rows when all terms go one way', () => {
    const { where, values } = keysetClause(sortOf('-createdAt'), ['2025-06-11T09:15:00.000Z', 'i'], 3);
    expect(where).toBe('((v.created_at, v.id) < ($3::timestamptz, $4::uuid))');
    expect(values).toEqual(['2025-06-11T09:15:00.000Z', 'i']);
    expect(keysetClause(sortOf('name'), ['a', 'i'], 1).where).toBe('((v.name, v.id) > ($1::text, $2::uuid))');
  });

  it('writes the comparison out when they do not', () => {
    const { where, orderBy } = keysetClause(sortOf('-createdAt,name'), ['t', 'a', 'i'], 1);
    expect(where).toBe(
      '(v.created_at < $1::timestamptz' +
        ' OR (v.created_at = $1::timestamptz AND v.name > $2::text)' +
        ' OR (v.created_at = $1::timestamptz AND v.name = $2::text AND v.id > $3::uuid))',
    );
    expect(orderBy).toBe('v.created_at DESC, v.name ASC, v.id ASC');
  });

  it('needs a value for every term', () => {
    expect(() => keysetClause(sortOf('name'), ['a'], 1)).toThrow('one value per sort term');
  });
});

describe('pages', () => {
  const rows = [1, 2, 3].map((n) => ({ id: `i${n}`, createdAt: new Date(n), secret: 'x' }));
  const request = parsePageRequest({ limit: 2 }, rules);

  it('has a cursor at its last row exactly when a row follows', () => {
    const page = toPage(request, { rows, total: 3 }, ({ id }) => id);
    expect(page.items).toEqual(['i1', 'i2']);
    const after = parsePageRequest({ cursor: page.nextCursor ?? '' }, rules).after;
    expect(after).toEqual(['1970-01-01T00:00:00.002Z', 'i2']);
    expect(toPage(request, { rows: rows.slice(0, 2), total: 2 }, ({ id }) => id).nextCursor).toBeNull();
    expect(toPage(request, { rows: [], total: 0 }, () => 0)).toEqual(new Page([], 0, 2, 0, null));
  });

  it('takes sort values from elsewhere if told, and never goes without', () => {
    const page = toPage(
      request,
      { rows, total: 3 },
      () => 0,
      (row, field) => (field === 'id' ? row.id : 7),
    );
    expect(parsePageRequest({ cursor: page.nextCursor ?? '' }, rules).after).toEqual([7, 'i2']);
    expect(() => toPage(request, { rows: [{}, {}, {}], total: 3 }, () => 0)).toThrow('createdAt');
  });

  it('caps the total at 10,000 and says so only then', () => {
    expect({ ...new Page([], 10_000, 1, 0, null) }).not.toHaveProperty('totalIsCapped');
    expect(new Page([], 10_001, 1, 0, null)).toMatchObject({ total: 10_000, totalIsCapped: true });
  });
});
