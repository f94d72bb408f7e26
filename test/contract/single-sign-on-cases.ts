import { randomBytes } from 'node:crypto';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { setStepUps } from '../e2e/mfa-people.js';
import { startOpenIdProvider, type OpenIdProvider } from '../support/openid-provider.js';
import { expectStatus, newAddress } from '../support/people.js';
import {
  begin,
  configurationBy,
  proveDomain,
  proveTo,
  setUp,
  visitorOf,
  type Begun,
} from '../support/single-sign-on.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

/** The domain of Jane's organization. */
const domain = 'contract.example';

let started: Promise<OpenIdProvider> | undefined;

/** One provider for all worlds of this process. */
function provider(): Promise<OpenIdProvider> {
  return (started ??= startOpenIdProvider());
}

/** On single sign-on that is set up in Jane's organization. */
async function onSingleSignOn({ jane }: World): Promise<PreparedRequest> {
  await setUp(jane, await provider(), { domain });
  return { person: jane, params: { organizationId: jane.organizationId } };
}

/** Somebody new to the service, in the domain of Jane's organization. */
async function newAccount(): Promise<string> {
  const sub = randomBytes(6).toString('hex');
  const email = `${sub}@${domain}`;
  (await provider()).accounts.set(sub, { sub, email, email_verified: true, name: 'Nora New' });
  return sub;
}

async function bySession(world: World): Promise<PreparedRequest> {
  await onSingleSignOn(world);
  // A suite may take longer than a step-up lasts.
  await setStepUps(world.jane, 'now()');
  return { person: world.jane, params: {} };
}

async function linking(world: World): Promise<{ signInToken: string; code: string }> {
  const { person } = await bySession(world);
  const begun = expectStatus(await person.sessionClient.post('/auth/single-sign-on/link'), 200).data<Begun>();
  return proveTo(visitorOf(world.service), await provider(), begun, await newAccount());
}

/** On an identity of Jane's: written by SQL. */
async function onIdentity(world: World): Promise<PreparedRequest> {
  const { person } = await bySession(world);
  const id = newUuid();
  await world.service.database.rows(
    `INSERT INTO external_identities (organization_id, id, issuer, subject, user_id) VALUES ($1, $2, $3, $4, $5)`,
    [
      uuidOf('organization', person.organizationId),
      id,
      'https://login.example.com',
      id,
      uuidOf('user', person.userId),
    ],
  );
  return { person, params: { identityId: publicId('externalIdentity', id) } };
}

/** How single sign-on is used rightly. */
export const singleSignOnCases: Record<string, Case> = {
  getSingleSignOn: onSingleSignOn,
  setSingleSignOn: async (world) => ({
    ...(await onSingleSignOn(world)),
    body: configurationBy(await provider(), domain),
  }),
  updateSingleSignOn: async (world) => ({
    ...(await onSingleSignOn(world)),
    body: { defaultRole: 'viewer', domain, enabled: true, clientSecret: 'another' },
  }),
  deleteSingleSignOn: onSingleSignOn,
  verifySingleSignOnDomain: async (world) => {
    const prepared = await onSingleSignOn(world);
    await proveDomain(world.jane, world.names);
    return { ...prepared, body: { domain }, otherBody: { domain: 'other.example' } };
  },
  beginSingleSignOn: async (world) => {
    const { person } = await onSingleSignOn(world);
    return { person, params: {}, body: { organizationId: person.organizationId } };
  },
  completeSingleSignOn: async (world) => {
    const { person } = await onSingleSignOn(world);
    await proveDomain(world.jane, world.names);
    const visitor = visitorOf(world.service);
    const begun = await begin(visitor, { organizationId: person.organizationId });
    const body = await proveTo(visitor, await provider(), begun, await newAccount());
    // Failures are limited by address.
    return { person: { ...person, address: newAddress() }, params: {}, body };
  },
  linkExternalIdentity: bySession,
  listExternalIdentities: bySession,
  createExternalIdentity: async (world) => {
    const body = await linking(world);
    return { person: world.jane, params: {}, body, otherBody: { ...body, code: '0000-0000' } };
  },
  getExternalIdentity: onIdentity,
  deleteExternalIdentity: onIdentity,
};
