import type { Schema } from './document.js';
import { DocumentProblems } from './document-problems.js';
import type { Schemas } from './schemas.js';
import { boundStrings } from './string-bounds.js';

function bound(property: Schema, others: Schemas = {}, table: Schemas = {}): Schema | undefined {
  const problems = new DocumentProblems();
  const schemas = { ThingDto: { type: 'object', properties: { label: property } }, ...others };
  const bounded = boundStrings(schemas, new Set(['CreateThingDto', 'RequestDto']), table, problems);
  problems.assertNone();
  return bounded['ThingDto']?.properties?.['label'];
}

describe('boundStrings', () => {
  it.each<Schema>([
    { type: 'string', maxLength: 5 },
    { type: 'string', enum: ['a'] },
    { type: 'string', format: 'date-time' },
    { type: 'integer' },
  ])('leaves %j as it is', (schema) => {
    expect(bound(schema)).toEqual(schema);
  });

  it('knows an id by its example', () => {
    const schema = bound({ type: ['string', 'null'], examples: ['thg_01jd3k5m7n8p9q0r1s2t3v4w5x'] });
    expect(schema).toMatchObject({ minLength: 30, maxLength: 30 });
    expect('thg_01jd3k5m7n8p9q0r1s2t3v4w5x').toMatch(new RegExp(schema?.pattern ?? ''));
    expect('oth_01jd3k5m7n8p9q0r1s2t3v4w5x').not.toMatch(new RegExp(schema?.pattern ?? ''));
  });

  it('takes the bound of the class that writes the property', () => {
    const CreateThingDto = { properties: { label: { type: 'string', maxLength: 7 } } };
    expect(bound({ type: 'string' }, { CreateThingDto })?.maxLength).toBe(7);
  });

  it('asks the table, first by class', () => {
    expect(bound({ type: 'string' }, {}, { label: { maxLength: 8 } })?.maxLength).toBe(8);
    const table = { label: { maxLength: 8 }, 'ThingDto.label': { maxLength: 9 } };
    expect(bound({ type: 'string' }, {}, table)?.maxLength).toBe(9);
  });

  it('reaches items and maps, which have the bound of their property', () => {
    const table = { label: { maxLength: 8 } };
    expect(bound({ type: 'array', items: { type: 'string' } }, {}, table)?.items?.maxLength).toBe(8);
    expect(bound({ type: 'object', additionalProperties: { type: 'string' } }, {}, table)).toEqual({
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 8 },
    });
  });

  it('refuses what nothing bounds', () => {
    expect(() => bound({ type: 'string' })).toThrow('ThingDto.label: bound the string');
  });

  it('lets only its own rules bound a request', () => {
    const RequestDto = { properties: { label: { type: 'string' } } };
    const table = { label: { maxLength: 8 } };
    expect(() => bound({ type: 'string' }, { RequestDto }, table)).toThrow(
      'RequestDto.label: bound the string',
    );
  });
});
