import { serviceAccountOf } from '../support/service-accounts.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

const byJane: Case = ({ jane }) => Promise.resolve({ person: jane, params: {} });

async function onServiceAccount({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { serviceAccountId: (await serviceAccountOf(jane)).id } };
}

/** How service accounts are used rightly. */
export const serviceAccountCases: Record<string, Case> = {
  listServiceAccounts: byJane,
  createServiceAccount: async (world) => ({
    ...(await byJane(world)),
    body: { name: 'Deployments', description: 'Deploys the shop', role: 'developer' },
    otherBody: { name: 'Backups', role: 'viewer' },
  }),
  getServiceAccount: onServiceAccount,
  updateServiceAccount: async (world) => ({
    ...(await onServiceAccount(world)),
    body: { name: 'Renamed', description: 'Deploys no more', role: 'viewer' },
  }),
  deleteServiceAccount: onServiceAccount,
};
