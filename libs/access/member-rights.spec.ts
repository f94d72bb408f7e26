import { memberRights, type MemberRow } from './member-rights.js';

function row(fields: Partial<MemberRow>): MemberRow {
  return {
    role: 'developer',
    role_id: null,
    role_scopes: null,
    role_reaches_all: false,
    team_ids: null,
    granted_vault_ids: null,
    granted_levels: null,
    granted_project_ids: null,
    granted_project_levels: null,
    ...fields,
  };
}

describe('the rights of a member', () => {
  it('of a built-in role are those of the catalogue, in the vaults that are granted', () => {
    const rights = memberRights(
      row({ granted_vault_ids: ['a', 'b'], granted_levels: [1, 3], team_ids: ['t'] }),
    );
    expect(rights.scopes.has('secret:write')).toBe(true);
    expect(rights.scopes.has('team:manage')).toBe(false);
    expect([...(rights.grants ?? [])]).toEqual([
      ['a', 'reader'],
      ['b', 'manager'],
    ]);
    expect(rights.teamIds).toEqual(['t']);
  });

  it('reach the projects that are granted', () => {
    const { projects } = memberRights(
      row({ granted_project_ids: ['p', 'q'], granted_project_levels: [2, 3] }),
    );
    expect([...(projects ?? [])]).toEqual([
      ['p', 'editor'],
      ['q', 'manager'],
    ]);
  });

  it('reach nothing when nothing is granted', () => {
    const { grants, projects } = memberRights(row({}));
    expect(grants?.size).toBe(0);
    expect(projects?.size).toBe(0);
  });

  it('reach every vault and every project when the role does', () => {
    const { grants, projects } = memberRights(row({ role: 'admin', role_reaches_all: true }));
    expect(grants).toBeUndefined();
    expect(projects).toBeUndefined();
  });

  it('of a custom role are its own, with what they imply, and not those of the word "custom"', () => {
    const { scopes, roleId } = memberRights(
      row({ role: 'custom', role_id: 'r', role_scopes: ['secret:read'] }),
    );
    expect([...scopes].sort()).toEqual(['secret:list', 'secret:read']);
    expect(roleId).toBe('r');
  });

  it('are none for whoever is no member', () => {
    const { scopes, grants } = memberRights(row({ role: null }));
    expect(scopes.size).toBe(0);
    expect(grants?.size).toBe(0);
  });
});
