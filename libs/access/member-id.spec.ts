import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { memberIdOf, parseMemberId, type MemberKind } from './member-id.js';

describe('ids of members', () => {
  it.each<[MemberKind, string]>([
    ['person', 'usr_'],
    ['service', 'svc_'],
  ])('of a %s begin with %s and are read back', (kind, prefix) => {
    const uuid = newUuid();
    const id = memberIdOf(kind, uuid);
    expect(id.startsWith(prefix)).toBe(true);
    expect(parseMemberId(id)).toEqual({ kind, uuid });
  });

  it.each([
    '',
    'usr_',
    'nonsense',
    publicId('team', newUuid()),
    memberIdOf('person', newUuid()).toUpperCase(),
  ])('are not "%s"', (text) => {
    expect(parseMemberId(text)).toBeUndefined();
  });
});
