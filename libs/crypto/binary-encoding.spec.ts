import { lengthPrefixed, optional, uint32, uuidBytes } from './binary-encoding.js';

describe('binary encoding', () => {
  it('writes a uuid as its 16 bytes, whatever its case', () => {
    expect(uuidBytes('0197A3C2-5b1e-7c44-9f0a-3d2b8e6c1f57').toString('hex')).toBe(
      '0197a3c25b1e7c449f0a3d2b8e6c1f57',
    );
  });

  it.each([
    '',
    'vlt_01h455vb4pex5vsknk084sn02q',
    '0197a3c25b1e7c449f0a3d2b8e6c1f57',
    '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f57\n',
  ])('refuses %j as a uuid', (text) => {
    expect(() => uuidBytes(text)).toThrow(TypeError);
  });

  it('writes a uint32 big-endian and refuses what is none', () => {
    expect(uint32(258).toString('hex')).toBe('00000102');
    expect(uint32(4_294_967_295).toString('hex')).toBe('ffffffff');
    for (const value of [-1, 4_294_967_296, 1.5, Number.NaN]) expect(() => uint32(value)).toThrow(RangeError);
  });

  it('prefixes the length in bytes', () => {
    expect(lengthPrefixed('é').toString('hex')).toBe('00000002c3a9');
    expect(lengthPrefixed(Buffer.of(7)).toString('hex')).toBe('0000000107');
  });

  it('tells nothing from an empty something', () => {
    expect(optional(null, lengthPrefixed).toString('hex')).toBe('00');
    expect(optional(undefined, lengthPrefixed).toString('hex')).toBe('00');
    expect(optional('', lengthPrefixed).toString('hex')).toBe('0100000000');
  });
});
