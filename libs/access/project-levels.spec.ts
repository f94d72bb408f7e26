import {
  grantOfProject,
  knownProjects,
  projectLevelAllows,
  reachIntoProject,
  type ProjectReach,
} from './project-levels.js';
import { vaultLevels } from './vault-levels.js';

const projects = new Map([
  ['p', 'reader'],
  ['q', 'manager'],
] as const);

function levels(reach: ProjectReach): (string | undefined)[] {
  return ['p', 'q', 'r'].map((id) => reachIntoProject(reach, id));
}

function known(reach: ProjectReach): string[] | undefined {
  const ids = knownProjects(reach);
  return ids && [...ids];
}

describe('the projects a principal reaches', () => {
  it('are all when nothing narrows it', () => {
    expect(levels({})).toEqual(['manager', 'manager', 'manager']);
    expect(known({})).toBeUndefined();
  });

  it('are those that are granted', () => {
    expect(levels({ grants: new Map(), projects })).toEqual(['reader', 'manager', undefined]);
    expect(known({ grants: new Map(), projects })).toEqual(['p', 'q']);
    expect(known({ grants: new Map() })).toEqual([]);
  });

  it('are none for a key that is for vaults alone', () => {
    expect(levels({ vaultIds: new Set(['a']) })).toEqual([undefined, undefined, undefined]);
    expect(known({ vaultIds: new Set(['a']) })).toEqual([]);
  });

  it('are those that the key is for and its owner has', () => {
    const bound = { vaultIds: new Set(['a']), projectIds: new Set(['q', 'r']) };
    expect(levels(bound)).toEqual([undefined, 'manager', 'manager']);
    expect(levels({ ...bound, grants: new Map(), projects })).toEqual([undefined, 'manager', undefined]);
    expect(known({ ...bound, grants: new Map(), projects })).toEqual(['q']);
  });

  it('are only seen by a key that is for some of their environments', () => {
    const bound = { vaultIds: new Set<string>(), projectIds: new Set(['q']), environments: new Set(['dev']) };
    expect(reachIntoProject(bound, 'q')).toBe('reader');
    expect(reachIntoProject(bound, 'r')).toBeUndefined();
    expect(grantOfProject(bound, 'q')).toBe('manager');
  });

  it('are changed by managers', () => {
    expect(vaultLevels.map((level) => projectLevelAllows(level, 'project:read'))).toEqual([true, true, true]);
    expect(vaultLevels.map((level) => projectLevelAllows(level, 'project:write'))).toEqual([
      false,
      false,
      true,
    ]);
    expect(projectLevelAllows('manager', 'vault:read')).toBe(false);
  });
});
