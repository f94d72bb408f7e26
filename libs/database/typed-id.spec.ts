import { newUuid, parseAnyId, publicId, uuidOf } from './typed-id.js';

describe('typed ids', () => {
  it('follow the TypeID specification', () => {
    // The example of the specification's README.
    expect(publicId('user', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('usr_01h455vb4pex5vsknk084sn02q');
    expect(uuidOf('user', 'usr_01h455vb4pex5vsknk084sn02q')).toBe('01890a5d-ac96-774b-bcce-b302099a8057');
  });

  it('come back from their public form', () => {
    for (let round = 0; round < 500; round++) {
      const uuid = newUuid();
      expect(uuidOf('secret', publicId('secret', uuid))).toBe(uuid);
    }
  });

  it.each([
    ['an id of another kind', 'vlt_01h455vb4pex5vsknk084sn02q'],
    ['a prefix alone', 'usr_'],
    ['one digit too few', 'usr_01h455vb4pex5vsknk084sn02'],
    ['one digit too many', 'usr_01h455vb4pex5vsknk084sn02qq'],
    ['digits outside the alphabet', 'usr_01h455vb4pex5vsknk084sn0iu'],
    ['upper case', 'usr_01H455VB4PEX5VSKNK084SN02Q'],
    ['more than 128 bits', 'usr_81h455vb4pex5vsknk084sn02q'],
    ['a bare uuid', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['nothing', ''],
  ])('refuse %s', (_what, text) => {
    expect(uuidOf('user', text)).toBeUndefined();
  });

  it('sort in the order in which they were made', () => {
    const uuids = Array.from({ length: 2_000 }, newUuid);
    expect([...uuids].sort()).toEqual(uuids);
  });

  it('tell the kind of any id', () => {
    const uuid = newUuid();
    expect(parseAnyId(publicId('vault', uuid))).toEqual({ kind: 'vault', uuid });
    expect(parseAnyId('xyz_01h455vb4pex5vsknk084sn02q')).toBeUndefined();
  });
});
