import { challengeOf, codeOf, signUpWithMfa, type EnrolledPerson } from '../e2e/mfa-people.js';
import { expectStatus, password, signUp } from '../support/people.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

/** Somebody new with a second factor, whose session has just stepped up. */
async function byEnrolled({ service }: World): Promise<PreparedRequest & { person: EnrolledPerson }> {
  return { person: await signUpWithMfa(service), params: {} };
}

/** Somebody new whose authenticator app waits for its first code. */
async function enrolling({ service }: World): Promise<PreparedRequest> {
  const person = await signUp(service, 'Enrolling');
  const reply = await person.sessionClient.post('/auth/mfa/totp');
  const code = codeOf(expectStatus(reply, 200).data<{ secret: string }>());
  return { person, params: {}, body: { code } };
}

/** How the second factor is used rightly. */
export const mfaCases: Record<string, Case> = {
  getMfa: ({ jane }) => Promise.resolve({ person: jane, params: {} }),
  beginTotp: async ({ service }) => ({
    person: await signUp(service, 'Beginner'),
    params: {},
    body: { currentPassword: password },
  }),
  confirmTotp: enrolling,
  finishSignIn: async (world) => {
    const { person } = await byEnrolled(world);
    const challengeToken = await challengeOf(person);
    return { person, params: {}, body: { challengeToken, code: codeOf(person, 1) } };
  },
  replaceRecoveryCodes: byEnrolled,
  disableMfa: byEnrolled,
  stepUp: async ({ service }) => ({
    person: await signUp(service, 'Stepping'),
    params: {},
    body: { password },
  }),
};
