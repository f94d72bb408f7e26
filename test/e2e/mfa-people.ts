import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { generateSync } from 'otplib';
import type { RecoveryCodesDto, TotpEnrolmentDto } from '../../apps/api/src/auth/mfa.dto.js';
import type { SignInDto } from '../../apps/api/src/auth/session.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import type { TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

/** Somebody who signs in with a second factor. */
export interface EnrolledPerson extends Person {
  /** Secret of their authenticator app, in base32. */
  secret: string;
  recoveryCodes: string[];
}

/** What an authenticator app shows, so many steps from now. */
export function codeOf({ secret }: Pick<EnrolledPerson, 'secret'>, steps = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + steps * 30 });
}

/** A code that is none of the steps that count now, nor of those a test may last. */
export function wrongCode(person: Pick<EnrolledPerson, 'secret'>): string {
  const right = new Set([-2, -1, 0, 1, 2, 3].map((steps) => codeOf(person, steps)));
  return ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].find(
    (code) => !right.has(code),
  ) as string;
}

/** Somebody with an authenticator app, whose session has just been opened without it. */
export async function signUpWithMfa(service: TestService): Promise<EnrolledPerson> {
  return enrol(await signUp(service));
}

/** Switches the second factor of somebody on. */
export async function enrol(person: Person): Promise<EnrolledPerson> {
  const begun = await person.sessionClient.post('/auth/mfa/totp', { currentPassword: person.password });
  const { secret } = expectStatus(begun, 200).data<Wire<TotpEnrolmentDto>>();
  const confirmed = await person.sessionClient.post('/auth/mfa/totp/confirm', { code: codeOf({ secret }) });
  const { recoveryCodes } = expectStatus(confirmed, 200).data<Wire<RecoveryCodesDto>>();
  return { ...person, secret, recoveryCodes };
}

/** Proves the password and gives the token of the challenge. */
export async function challengeOf(
  { client, email, password }: Person,
  address = newAddress(),
): Promise<string> {
  const visitor = new Client(client.service, { address });
  const reply = expectStatus(await visitor.post('/auth/login', { email, password }), 200);
  const answer = reply.data<Wire<SignInDto>>();
  expect(Object.keys(answer).sort()).toEqual(['challengeToken', 'mfaRequired']);
  expect(answer.mfaRequired).toBe(true);
  return String(answer.challengeToken);
}

/** Answers a challenge, from an address that nobody else comes from unless one is given. */
export function answer(
  { client }: Person,
  challengeToken: string,
  proof: { code?: string; recoveryCode?: string },
  address = newAddress(),
): Promise<Reply> {
  return new Client(client.service, { address }).post('/auth/mfa', { challengeToken, ...proof });
}

/** Makes it as if no code of the app had been used, so that a test need not wait for the next one. */
export async function forgetUsedCodes(person: Person): Promise<void> {
  await person.client.service.database.rows(`UPDATE authenticators SET last_step = 0 WHERE user_id = $1`, [
    uuidOf('user', person.userId),
  ]);
}

/** Lets so many minutes pass since all sessions of somebody stepped up. */
export async function ageStepUps(person: Person, minutes: number): Promise<void> {
  await setStepUps(person, `stepped_up_at - interval '${minutes} minutes'`);
}

/** Sets when all sessions of somebody have stepped up, to an SQL expression. */
export async function setStepUps({ client, userId }: Person, time: string): Promise<void> {
  const id = String(uuidOf('user', userId));
  const { database, app } = client.service;
  await database.rows(`UPDATE sessions SET stepped_up_at = ${time} WHERE user_id = $1`, [id]);
  // The trigger has told this process, too, but it may not have heard it yet.
  app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id });
}

/** The code in the details of an error answer, or its own where it has none. */
export function refusalOf(reply: Reply): string | undefined {
  const { error } = reply.json<{ error: { code: string; details?: { code: string }[] } }>();
  return error.details?.[0]?.code ?? error.code;
}
