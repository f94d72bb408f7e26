import { randomBytes } from 'node:crypto';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import type { GrantDto } from '../../apps/api/src/grants/grant.dto.js';
import type { EnvironmentDto } from '../../apps/api/src/projects/environment.dto.js';
import type { CreateProjectDto, ProjectDto } from '../../apps/api/src/projects/project.dto.js';
import type { Reply } from './client.js';
import { expectStatus, type Person } from './people.js';
import { named, type Grantee } from './teams.js';
import type { Wire } from './wire.js';

export type ProjectAnswer = Wire<ProjectDto>;
export type EnvironmentAnswer = Wire<EnvironmentDto>;

/** Makes a project. */
export async function projectOf(
  person: Pick<Person, 'client'>,
  fields: Partial<CreateProjectDto> = {},
): Promise<ProjectAnswer> {
  const name = `Project ${randomBytes(4).toString('hex')}`;
  const reply = await person.client.post('/projects', { name, ...fields });
  return expectStatus(reply, 201).data<ProjectAnswer>();
}

/** Asks for a grant of a project. */
export function askToGrantProject(
  by: Pick<Person, 'client'>,
  projectId: string,
  to: Grantee,
  level: VaultLevel,
): Promise<Reply> {
  return by.client.post(`/projects/${projectId}/grants`, { ...named(to), level });
}

/** Grants a project. */
export async function grantProjectTo(
  by: Pick<Person, 'client'>,
  projectId: string,
  to: Grantee,
  level: VaultLevel = 'reader',
): Promise<Wire<GrantDto>> {
  return expectStatus(await askToGrantProject(by, projectId, to, level), 201).data<Wire<GrantDto>>();
}
