import { trailOf, type AuditEvent } from '../e2e/audit-trail.js';
import { refusalOf } from '../e2e/mfa-people.js';
import type { Reply } from '../support/client.js';
import { startNameServer, type NameServer } from '../support/name-server.js';
import { expectStatus, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { configurationBy, pathOf, type SingleSignOnAnswer } from '../support/single-sign-on.js';

const provider = { issuer: 'https://login.example.com' };
let service: TestService;
let names: NameServer;
/** Whose domain it was, and whose it is now. */
let first: Person;
let second: Person;

beforeAll(async () => {
  names = await startNameServer();
  service = await startTestService({ environment: { CREDVAULT_DNS_SERVERS: names.address } });
});
beforeEach(async () => {
  [first, second] = [await signUp(service, 'Fred First'), await signUp(service, 'Sara Second')];
});
afterAll(async () => {
  await service?.stop();
  await names?.stop();
});

async function configure(person: Person, domain: string): Promise<SingleSignOnAnswer> {
  const reply = await person.client.put(pathOf(person), configurationBy(provider, domain));
  return expectStatus(reply, 200).data<SingleSignOnAnswer>();
}

async function publish(...persons: Person[]): Promise<void> {
  for (const person of persons) {
    const { domainChallenge } = await shown(person);
    names.texts.set(domainChallenge.name, []);
  }
  for (const person of persons) {
    const { name, value } = (await shown(person)).domainChallenge;
    const texts = names.texts.get(name);
    names.texts.set(name, [...(texts === 'silent' || !texts ? [] : texts), value]);
  }
}

async function shown(person: Person): Promise<SingleSignOnAnswer> {
  return expectStatus(await person.client.get(pathOf(person)), 200).data<SingleSignOnAnswer>();
}

async function verify(person: Person): Promise<Reply> {
  const { domain } = await shown(person);
  return person.client.post(`${pathOf(person)}/verify-domain`, { domain });
}

async function isProven(person: Person): Promise<boolean> {
  return (await shown(person)).domainVerifiedAt !== null;
}

async function recordsOf(person: Person): Promise<AuditEvent[]> {
  return (await trailOf(person)).filter(({ type }) => type.startsWith('single_sign_on.domain_'));
}

describe('a proven domain', () => {
  it('moves to whoever shows a proof, once that of the organization which had it is gone', async () => {
    await configure(first, 'sold.example');
    await configure(second, 'sold.example');
    await publish(first);
    expectStatus(await verify(first), 200);
    await publish(first, second);
    const taken = await verify(second);
    expect([taken.status, refusalOf(taken)]).toEqual([409, 'taken']);
    await publish(second);
    expectStatus(await verify(second), 200);
    expect([await isProven(first), await isProven(second)]).toEqual([false, true]);
    const [, lost] = await recordsOf(first);
    expect(lost).toMatchObject({ type: 'single_sign_on.domain_lost', details: { domain: 'sold.example' } });
    // Neither trail names the other one.
    expect(JSON.stringify(lost)).not.toContain(second.userId);
    expect(lost?.actor).toMatchObject({ type: 'service', id: null });
    expect(lost?.request.ip).toBeNull();
    const gained = await recordsOf(second);
    expect(gained.map(({ type }) => type)).toEqual(['single_sign_on.domain_verified']);
    expect(JSON.stringify(gained)).not.toContain(first.organizationId);
  });

  it('counts no longer when its proof is gone, but goes on when no name server says so', async () => {
    const { domainChallenge } = await configure(first, 'gone.example');
    await publish(first);
    expectStatus(await verify(first), 200);
    names.texts.set(domainChallenge.name, 'silent');
    expect(refusalOf(await verify(first))).toBe('not_proven');
    expect(await isProven(first)).toBe(true);
    for (const gone of [undefined, ['v=spf1 -all']]) {
      await publish(first);
      expectStatus(await verify(first), 200);
      if (gone) names.texts.set(domainChallenge.name, gone);
      else names.texts.delete(domainChallenge.name);
      expect(refusalOf(await verify(first))).toBe('not_proven');
      expect(await isProven(first)).toBe(false);
    }
    const losses = (await recordsOf(first)).filter(({ type }) => type === 'single_sign_on.domain_lost');
    expect(losses.map(({ actor }) => actor.id)).toEqual([first.userId, first.userId]);
  });

  it.each(['corp.te\u017ft', 'ⓒorp.test', 'co\u00adrp.test', 'CORP.test'])(
    'is the same one in other letters: %j',
    async (spelling) => {
      expect((await configure(second, spelling)).domain).toBe('corp.test');
      await configure(first, 'corp.test');
      await publish(first, second);
      expectStatus(await verify(first), 200);
      expect(refusalOf(await verify(second))).toBe('taken');
      expectStatus(await first.client.delete(pathOf(first)), 204);
    },
  );

  it('race: of two organizations that want a domain of each other, each gets one or none, and nobody waits for ever', async () => {
    await configure(first, 'one.example');
    await configure(second, 'two.example');
    await publish(first);
    await publish(second);
    expectStatus(await verify(first), 200);
    expectStatus(await verify(second), 200);
    const third = await signUp(service, 'Theo Third');
    await configure(third, 'one.example');
    await publish(third);
    const replies = await Promise.all([verify(first), verify(third), verify(third), verify(first)]);
    for (const { status } of replies) expect([200, 409]).toContain(status);
    expect([await isProven(first), await isProven(third)]).toEqual([false, true]);
  });
});
