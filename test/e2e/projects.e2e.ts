import { randomUUID } from 'node:crypto';
import type { Reply } from '../support/client.js';
import { vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { projectOf, type EnvironmentAnswer, type ProjectAnswer } from '../support/projects.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';

const unknownProject = 'prj_01jd3k5m7n8p9q0r1s2t3v4w5x';

let service: TestService;
let owner: Person;
let stranger: Person;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga Owner');
  stranger = await signUp(service, 'Mallory Stranger');
});
afterAll(() => service.stop());

/** `details[0]` of an error answer. */
function detailOf(reply: Reply): { path: string; code: string } | undefined {
  return reply.json<{ error: { details?: { path: string; code: string }[] } }>().error.details?.[0];
}

describe('projects', () => {
  it('are made, shown, listed, changed and deleted, each with its record', async () => {
    const { client } = owner;
    const made = expectStatus(
      await client.post('/projects', { name: 'Web shop', description: 'Sells' }),
      201,
    );
    const project = made.data<ProjectAnswer>();
    const path = `/projects/${project.id}`;
    expect(project).toEqual({
      id: expect.stringMatching(/^prj_/) as string,
      name: 'Web shop',
      description: 'Sells',
      vaultCount: 0,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: project.createdAt,
    });
    expect((await client.get(path)).data()).toEqual(project);
    const changed = expectStatus(await client.patch(path, { name: 'Shop' }), 200);
    expect(changed.data()).toMatchObject({ name: 'Shop', description: 'Sells' });
    const stale = { headers: { 'if-match': made.headers.etag ?? '' } };
    expectStatus(await client.patch(path, { name: 'Late' }, stale), 412);
    expectStatus(await client.delete(path, stale), 412);
    const present = { headers: { 'if-match': changed.headers.etag ?? '' } };
    expectStatus(await client.delete(path, present), 204);
    expectStatus(await client.delete(path), 404);
    const types = (await trailOf(owner, { resource: project.id }))
      .filter(({ outcome }) => outcome === 'success')
      .map(({ type }) => type);
    expect(types).toEqual(['project.created', 'project.viewed', 'project.updated', 'project.deleted']);
  });

  it('are listed by page, search and order, and made once by an Idempotency-Key', async () => {
    const { client } = await signUp(service);
    const made: string[] = [];
    for (const name of ['Beta', 'Alpha', 'Alphabet']) made.push((await projectOf({ client }, { name })).id);
    const names = async (query: Record<string, string>): Promise<string[]> =>
      expectStatus(await client.get('/projects', { query }), 200)
        .data<ProjectAnswer[]>()
        .map(({ name }) => name);
    expect(await names({})).toEqual(['Beta', 'Alpha', 'Alphabet']);
    expect(await names({ sort: 'name' })).toEqual(['Alpha', 'Alphabet', 'Beta']);
    expect(await names({ search: 'ALPHA', sort: '-name' })).toEqual(['Alphabet', 'Alpha']);
    const first = await client.get('/projects', { query: { limit: '2', sort: 'updatedAt' } });
    const { pagination } = first.json<{ pagination: { total: number; nextCursor: string } }>();
    expect(pagination.total).toBe(3);
    const rest = { limit: '2', sort: 'updatedAt', cursor: pagination.nextCursor };
    expect(await names(rest)).toEqual(['Alphabet']);
    const headers = { 'idempotency-key': randomUUID() };
    const ask = (): Promise<Reply> => client.post('/projects', { name: 'Once' }, { headers });
    expect((await ask()).data()).toEqual(expectStatus(await ask(), 201).data());
    expect(await names({ search: 'Once' })).toEqual(['Once']);
  });

  it('of another organization do not exist', async () => {
    const { id } = await projectOf(stranger);
    for (const path of [`/projects/${id}`, `/projects/${id}/environments`, `/projects/${unknownProject}`]) {
      expectStatus(await owner.client.get(path), 404);
    }
    expectStatus(await owner.client.patch(`/projects/${id}`, { name: 'x' }), 404);
    expectStatus(await owner.client.delete(`/projects/${id}`), 404);
    expectStatus(await owner.client.post(`/projects/${id}/environments`, { name: 'x' }), 404);
    for (const projectId of [id, unknownProject, 'prj_x', owner.organizationId]) {
      const reply = await owner.client.post('/vaults', { name: 'x', projectId });
      expect(detailOf(expectStatus(reply, 400))).toMatchObject({
        path: 'projectId',
        code: 'unknown_project',
      });
    }
    expect((await owner.client.get('/vaults', { query: { projectId: id } })).data()).toEqual([]);
  });

  it('with vaults are not deleted: 409', async () => {
    const project = await projectOf(owner);
    const vault = await vaultOf(owner, { projectId: project.id });
    const refused = expectStatus(await owner.client.delete(`/projects/${project.id}`), 409);
    expect(detailOf(refused)?.code).toBe('has_vaults');
    expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId: null }), 200);
    expectStatus(await owner.client.delete(`/projects/${project.id}`), 204);
  });
});

describe('environments of a project', () => {
  const named = (reply: Reply): string[] =>
    expectStatus(reply, 200)
      .data<EnvironmentAnswer[]>()
      .map(({ name }) => name);

  it('are the usual three, or those that are asked for', async () => {
    const { id } = await projectOf(owner);
    expect(named(await owner.client.get(`/projects/${id}/environments`))).toEqual([
      'development',
      'production',
      'staging',
    ]);
    const other = await projectOf(owner, { environments: ['live', 'eu-1'] });
    expect(named(await owner.client.get(`/projects/${other.id}/environments`))).toEqual(['eu-1', 'live']);
    for (const environments of [
      [],
      ['Live'],
      ['-x'],
      ['a b'],
      ['a', 'a'],
      [''],
      ['x'.repeat(51)],
      ['é'],
      'live',
    ]) {
      expectStatus(await owner.client.post('/projects', { name: 'x', environments }), 400);
    }
  });

  it('are made, shown, renamed with their vault, and deleted, each with its record', async () => {
    const { id } = await projectOf(owner, { environments: ['staging'] });
    const [list, path] = [`/projects/${id}/environments`, `/projects/${id}/environments/preview`];
    const made = expectStatus(await owner.client.post(list, { name: 'preview', description: 'Try' }), 201);
    expect(made.data()).toMatchObject({ name: 'preview', description: 'Try', vaultId: null });
    expect(made.headers.location).toBe(`/api/v1${path}`);
    expectStatus(await owner.client.post(list, { name: 'preview' }), 409);
    const vault = await vaultOf(owner, { projectId: id, environment: 'preview' });
    const shown = await owner.client.get(path);
    expect(shown.data<EnvironmentAnswer>().vaultId).toBe(vault.id);
    expect(detailOf(expectStatus(await owner.client.delete(path), 409))?.code).toBe('has_vault');
    expectStatus(await owner.client.patch(path, { name: 'staging' }), 409);
    const stale = { headers: { 'if-match': '"other"' } };
    expectStatus(await owner.client.patch(path, { name: 'x' }, stale), 412);
    expectStatus(await owner.client.patch(path, { name: 'acceptance' }), 200);
    expectStatus(await owner.client.get(path), 404);
    const moved = (await owner.client.get(`/vaults/${vault.id}`)).data<VaultAnswer>();
    expect(moved).toMatchObject({ projectId: id, environment: 'acceptance' });
    expectStatus(await owner.client.delete(`/vaults/${vault.id}`), 204);
    expectStatus(await owner.client.delete(`${list}/acceptance`), 204);
    for (const name of ['acceptance', 'ACCEPTANCE', "'", 'x'.repeat(60)]) {
      expectStatus(await owner.client.get(`${list}/${encodeURIComponent(name)}`), 404);
      expectStatus(await owner.client.delete(`${list}/${encodeURIComponent(name)}`), 404);
    }
    const types = (await trailOf(owner, { resource: id }))
      .filter(({ outcome, type }) => outcome === 'success' && type.startsWith('environment.'))
      .map(({ type }) => type);
    expect(types).toEqual([
      'environment.created',
      'environment.viewed',
      'environment.updated',
      'environment.deleted',
    ]);
  });
});

describe('a vault', () => {
  it('is put into a project, moved and taken out, which its record says', async () => {
    const [one, two] = [await projectOf(owner), await projectOf(owner)];
    const vault = await vaultOf(owner, { projectId: one.id, environment: 'staging' });
    expect(vault).toMatchObject({ projectId: one.id, environment: 'staging' });
    const move = async (fields: object): Promise<VaultAnswer> =>
      expectStatus(await owner.client.patch(`/vaults/${vault.id}`, fields), 200).data<VaultAnswer>();
    expect(await move({ name: 'Renamed' })).toMatchObject({ projectId: one.id, environment: 'staging' });
    expect(await move({ environment: 'production' })).toMatchObject({ environment: 'production' });
    expect(await move({ environment: null })).toMatchObject({ projectId: one.id, environment: null });
    expect(await move({ environment: 'production' })).toMatchObject({ environment: 'production' });
    expect(await move({ projectId: two.id })).toMatchObject({ projectId: two.id, environment: null });
    const count = async ({ id }: ProjectAnswer): Promise<number> =>
      (await owner.client.get(`/projects/${id}`)).data<ProjectAnswer>().vaultCount;
    expect([await count(one), await count(two)]).toEqual([0, 1]);
    expect(await move({ projectId: one.id, environment: 'production' })).toMatchObject({
      projectId: one.id,
      environment: 'production',
    });
    expect(await move({ projectId: null })).toMatchObject({ projectId: null, environment: null });
    const moves = (await trailOf(owner, { resource: vault.id }))
      .filter(({ type }) => ['vault.created', 'vault.updated'].includes(type))
      .map(({ details }) => details?.['projectId']);
    expect(moves).toEqual([one.id, undefined, one.id, one.id, one.id, two.id, one.id, null]);
  });

  it('is found by its project and its environment', async () => {
    const [one, two] = [await projectOf(owner), await projectOf(owner)];
    const first = await vaultOf(owner, { projectId: one.id, environment: 'staging' });
    const second = await vaultOf(owner, { projectId: two.id, environment: 'staging' });
    const third = await vaultOf(owner, { projectId: two.id });
    const found = async (query: Record<string, string>): Promise<string[]> =>
      expectStatus(await owner.client.get('/vaults', { query }), 200)
        .data<VaultAnswer[]>()
        .map(({ id }) => id);
    expect(await found({ projectId: two.id })).toEqual([second.id, third.id]);
    expect(await found({ projectId: two.id, environment: 'staging' })).toEqual([second.id]);
    expect(await found({ environment: 'staging' })).toEqual([first.id, second.id]);
    expect(await found({ projectId: unknownProject })).toEqual([]);
    expect(await found({ projectId: 'nonsense' })).toEqual([]);
  });

  it.each([
    ['an unknown environment', { environment: 'moon' }, 'environment', 'unknown_environment'],
    [
      'an environment and no project',
      { projectId: null, environment: 'staging' },
      'environment',
      'needs_project',
    ],
    ['an unknown project', { projectId: unknownProject }, 'projectId', 'unknown_project'],
    ['something else as a project', { projectId: 'vlt_x' }, 'projectId', 'unknown_project'],
  ])('is not put into %s: 400', async (_what, fields, path, code) => {
    const project = await projectOf(owner);
    const vault = await vaultOf(owner, { projectId: project.id });
    const changed = await owner.client.patch(`/vaults/${vault.id}`, fields);
    expect(detailOf(expectStatus(changed, 400))).toMatchObject({ path, code });
    const body = { name: 'x', projectId: project.id, ...fields };
    expect(detailOf(expectStatus(await owner.client.post('/vaults', body), 400))).toMatchObject({
      path,
      code,
    });
  });

  it('is the only one of its environment: 409', async () => {
    const { id: projectId } = await projectOf(owner);
    const place = { projectId, environment: 'production' };
    await vaultOf(owner, place);
    const made = expectStatus(await owner.client.post('/vaults', { name: 'x', ...place }), 409);
    expect(detailOf(made)).toMatchObject({ path: 'environment', code: 'taken' });
    const other = await vaultOf(owner, { projectId });
    const moved = await owner.client.patch(`/vaults/${other.id}`, { environment: 'production' });
    expectStatus(moved, 409);
  });
});
