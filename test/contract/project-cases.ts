import { grantProjectTo, projectOf } from '../support/projects.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

async function onProject({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { projectId: (await projectOf(jane)).id } };
}

async function onEnvironment(world: World): Promise<PreparedRequest> {
  const { person, params } = await onProject(world);
  return { person, params: { ...params, environmentName: 'staging' } };
}

/** On a project that is granted to one member. */
async function onProjectGrant(world: World): Promise<PreparedRequest> {
  const { person, params } = await onProject(world);
  const grant = await grantProjectTo(person, params.projectId ?? '', world.members.viewer, 'editor');
  return { person, params: { ...params, grantId: grant.id } };
}

/** How projects, their environments and their grants are used rightly. */
export const projectCases: Record<string, Case> = {
  listProjects: async (world) => ({ ...(await onProject(world)), params: {} }),
  createProject: ({ jane }) =>
    Promise.resolve({
      person: jane,
      params: {},
      body: { name: 'Web shop', description: 'Sells', environments: ['staging', 'production'] },
      otherBody: { name: 'Warehouse' },
    }),
  getProject: onProject,
  updateProject: async (world) => ({ ...(await onProject(world)), body: { name: 'Web shop (EU)' } }),
  deleteProject: onProject,
  listEnvironments: onProject,
  createEnvironment: async (world) => ({
    ...(await onProject(world)),
    body: { name: 'preview', description: 'For testers' },
    otherBody: { name: 'acceptance' },
  }),
  getEnvironment: onEnvironment,
  updateEnvironment: async (world) => ({
    ...(await onEnvironment(world)),
    body: { name: 'acceptance', description: 'Where releases are accepted' },
  }),
  deleteEnvironment: onEnvironment,
  listProjectGrants: onProjectGrant,
  createProjectGrant: async (world) => ({
    ...(await onProjectGrant(world)),
    body: { memberId: world.members.auditor.userId, level: 'reader' },
    otherBody: { memberId: world.members.auditor.userId, level: 'manager' },
  }),
  getProjectGrant: onProjectGrant,
  updateProjectGrant: async (world) => ({ ...(await onProjectGrant(world)), body: { level: 'manager' } }),
  deleteProjectGrant: onProjectGrant,
};
