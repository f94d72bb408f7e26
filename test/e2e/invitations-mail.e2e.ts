import { Logger } from '@nestjs/common';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Mailer } from '@credvault/mail/mailer.js';
import type { MintedInvitationDto } from '../../apps/api/src/members/invitation.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, newEmail, password, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { SmtpReceiver } from '../support/smtp-receiver.js';
import type { Wire } from '../support/wire.js';

const publicUrl = 'https://vault.example.com:8443';

let receiver: SmtpReceiver;
let service: TestService;
let owner: Person;
let path: string;

beforeAll(async () => {
  receiver = await SmtpReceiver.start();
  const environment = {
    SMTP_URL: receiver.url,
    CREDVAULT_PUBLIC_URL: publicUrl,
    CREDVAULT_MAIL_FROM: 'vault@example.com',
  };
  service = await startTestService({ environment });
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
  path = `/organizations/${owner.organizationId}/invitations`;
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
});

function ask(email: string, headers: Record<string, string> = {}): Promise<Reply> {
  return owner.client.post(path, { email, role: 'developer' }, { headers });
}

async function mailsTo(address: string): Promise<{ headers: Record<string, string>; text: string }[]> {
  await service.app.get(Mailer, { strict: false }).settled();
  return receiver.mails.filter(({ to }) => to.includes(address));
}

describe('an invitation where mail is set up', () => {
  it('goes to the mailbox alone: its token is neither in the answer nor in the log', async () => {
    const email = newEmail();
    const since = service.logs.length;
    const made = expectStatus(await ask(email), 201);
    const answer = made.data<Wire<MintedInvitationDto>>();
    expect(answer).toMatchObject({ mailed: true, acceptUrl: `${publicUrl}/api/v1/invitations/accept` });
    expect(answer).not.toHaveProperty('token');
    const mails = await mailsTo(email);
    expect(mails).toHaveLength(1);
    const [token = ''] = /cvinv_[0-9A-Za-z]{49}/.exec(mails[0]?.text ?? '') ?? [];
    expect(mails[0]?.text).toContain(`${publicUrl}/api/v1/invitations/accept`);
    expect(made.text).not.toContain('cvinv_');
    expect(service.logs.slice(since).join('')).not.toContain(token);
    expect(service.logs.slice(since).join('')).not.toContain('SMTP_URL');
    const visitor = new Client(service, { address: newAddress() });
    const body = { token, password, name: 'Bob' };
    expectStatus(await visitor.post('/invitations/accept', body), 200);
    expectStatus(await visitor.post('/invitations/accept', body), 403);
  });

  it('repeated with its Idempotency-Key is the same one, and no second mail', async () => {
    const email = newEmail();
    const headers = { 'idempotency-key': 'invite-once' };
    const first = expectStatus(await ask(email, headers), 201);
    const again = expectStatus(await ask(email, headers), 201);
    expect(again.data()).toEqual(first.data());
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await mailsTo(email)).toHaveLength(1);
  });

  it('that is refused sends nothing', async () => {
    expectStatus(await ask(owner.email), 409);
    expect(await mailsTo(owner.email)).toEqual([]);
  });

  it('goes to one address ten times an hour at most, in whatever letters its domain is', async () => {
    const [local] = newEmail().split('@');
    const spellings = ['example.com', 'EXAMPLE.com', 'ⓔxample.com', 'ex\u00adample.com', 'example。com'];
    const statuses: number[] = [];
    for (let times = 0; times < 11; times++)
      statuses.push((await ask(`${local}@${spellings[times % spellings.length]}`)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 201), 429]);
    expect(await mailsTo(`${local}@example.com`)).toHaveLength(10);
    expectStatus(await ask(newEmail()), 201);
  });

  it('to an address that others have flooded is made, and not mailed', async () => {
    const email = newEmail();
    const invite = async (times: number): Promise<void> => {
      owner = await signUp(service);
      path = `/organizations/${owner.organizationId}/invitations`;
      for (let time = 0; time < times; time++) expectStatus(await ask(email), 201);
    };
    await invite(10);
    await invite(10);
    await invite(10);
    const warned = jest.spyOn(Logger.prototype, 'warn');
    await invite(1);
    expect(await mailsTo(email)).toHaveLength(30);
    const told = warned.mock.calls.flat().join();
    warned.mockRestore();
    expect(told).toContain('several organizations have invited this address');
    expect(told).not.toContain(email);
  });

  it('gives way to other mail, organization by organization', async () => {
    const posted = jest.spyOn(service.app.get(Mailer, { strict: false }), 'post');
    expectStatus(await ask(newEmail()), 201);
    const id = uuidOf('organization', owner.organizationId);
    expect(posted.mock.calls.map(([{ bulkOf }]) => bulkOf)).toEqual([id]);
    posted.mockRestore();
  });

  it('repeats little of what a stranger calls their organization, on one line', async () => {
    const name = `Win a prize at evil.example ${'x'.repeat(70)} click here`;
    await service.database.rows(`UPDATE organizations SET name = $1`, [name]);
    const email = newEmail();
    expectStatus(await ask(email), 201);
    const [mail] = await mailsTo(email);
    expect(mail?.headers['subject']).toBe('CredVault: you are invited');
    expect(mail?.text).toContain(`"${name.slice(0, 60)}"`);
    expect(mail?.text).not.toContain('click here');
  });
});
