import { runningText } from './document.js';
import { DocumentProblems } from './document-problems.js';
import { exampleOf } from './examples.js';
import { publishSchemas, reachable, tidySchema } from './schemas.js';

describe('tidySchema', () => {
  it('writes an example as OpenAPI 3.1 does', () => {
    expect(tidySchema({ type: 'string', example: 'a' })).toEqual({ type: 'string', examples: ['a'] });
  });

  it('makes integers of numbers whose example is one', () => {
    expect(tidySchema({ type: 'number', example: 3 }).type).toBe('integer');
    expect(tidySchema({ type: ['number', 'null'], example: 3 }).type).toEqual(['integer', 'null']);
    expect(tidySchema({ type: 'number', example: 0.5 }).type).toBe('number');
  });

  it('unwraps a lone allOf', () => {
    const schema = { description: 'Who.', allOf: [{ $ref: '#/components/schemas/UserDto' }] };
    expect(tidySchema(schema)).toEqual({ description: 'Who.', $ref: '#/components/schemas/UserDto' });
  });

  it('makes a reference that may be null one that null fits', () => {
    const schema = { type: ['object', 'null'], allOf: [{ $ref: '#/components/schemas/UserDto' }] };
    expect(tidySchema(schema)).toEqual({
      anyOf: [{ $ref: '#/components/schemas/UserDto' }, { type: 'null' }],
    });
  });

  it('lets null be one of the values of an enum that may be null', () => {
    expect(tidySchema({ type: ['string', 'null'], enum: ['a'] }).enum).toEqual(['a', null]);
  });
});

describe('publishSchemas', () => {
  it('renames classes and references, sorted', () => {
    const problems = new DocumentProblems();
    const schemas = {
      ThingDto: { properties: { owner: { $ref: '#/components/schemas/OwnerDto' } } },
      OwnerDto: { type: 'object' },
    };
    const published = publishSchemas(schemas, problems);
    expect(Object.keys(published)).toEqual(['Owner', 'Thing']);
    expect(published['Thing']?.properties?.['owner']).toEqual({ $ref: '#/components/schemas/Owner' });
  });

  it('refuses two classes of one published name', () => {
    const problems = new DocumentProblems();
    publishSchemas({ ThingDto: {}, Thing: {} }, problems);
    expect(() => problems.assertNone()).toThrow('another schema is published as Thing');
  });
});

describe('reachable', () => {
  it('follows references through arrays and choices, also in a circle', () => {
    const schemas = {
      A: { items: { $ref: '#/components/schemas/B' } },
      B: { anyOf: [{ $ref: '#/components/schemas/A' }, { type: 'null' }] },
      C: {},
    };
    expect([...reachable(['A'], schemas)]).toEqual(['A', 'B']);
  });
});

describe('exampleOf', () => {
  const problems = new DocumentProblems();

  it('composes objects, arrays, references and choices', () => {
    const schemas = { Owner: { properties: { name: { type: 'string', examples: ['Jane'] } } } };
    const owner = { $ref: '#/components/schemas/Owner' };
    const schema = {
      properties: {
        owner: { anyOf: [owner, { type: 'null' }] },
        all: { items: owner },
        kind: { enum: ['a', 'b'] },
      },
    };
    expect(exampleOf(schema, schemas, 'x', problems)).toEqual({
      owner: { name: 'Jane' },
      all: [{ name: 'Jane' }],
      kind: 'a',
    });
  });

  it('takes null and false as examples', () => {
    expect(exampleOf({ type: 'null', examples: [null] }, {}, 'x', problems)).toBeNull();
    expect(exampleOf({ type: 'boolean', examples: [false] }, {}, 'x', problems)).toBe(false);
  });
});

describe('runningText', () => {
  it('joins lines, and keeps paragraphs and lists', () => {
    expect(runningText('One\n  two.\n\nThree:\n- a\n- b\n')).toBe('One two.\n\nThree:\n- a\n- b');
  });
});
