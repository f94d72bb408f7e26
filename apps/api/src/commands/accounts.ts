import 'reflect-metadata';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { operatorRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { curlCommand } from '@credvault/http/curl-command.js';
import { AccountLinksService } from '../auth/account-links.service.js';
import { MfaService } from '../auth/mfa.service.js';
import { OrganizationSettingsService } from '../organizations/organization-settings.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { CommandError, runCommand, type Operator } from './operator.js';

const usage = `npm run accounts -- invite <email>           a token with which the owner of this address may register
npm run accounts -- promote <email>          makes an account an instance administrator
npm run accounts -- reset-password <email>   a token with which this account gets a new password
npm run accounts -- disable-mfa <email>      switches the second factor of this account off
npm run accounts -- clear-allowed-ips <id>   lets members of this organization come from any address again`;

const email = /^[^@\s]{1,64}@[^@\s]{1,189}$/;

runCommand(async (operator, [verb, address, ...rest]) => {
  if (address === undefined || rest.length > 0) throw new CommandError(usage);
  if (verb === 'clear-allowed-ips') return clearAllowedIps(operator, address);
  if (!email.test(address)) throw new CommandError(usage);
  if (verb === 'invite') await invite(operator, address);
  else if (verb === 'promote') await promote(operator, address);
  else if (verb === 'reset-password') await resetPassword(operator, address);
  else if (verb === 'disable-mfa') await disableMfa(operator, address);
  else throw new CommandError(usage);
});

async function invite(operator: Operator, address: string): Promise<void> {
  if (await operator.get(UsersService).findByEmail(address)) {
    throw new CommandError(`There is an account of ${address} already.`);
  }
  const { token, expiresAt } = await operator.get(AccountLinksService).issueInvitation(address);
  operator.say(
    `An invitation for ${address}, good once and until ${expiresAt.toISOString()}. They register with:\n`,
  );
  const body = {
    email: address,
    name: 'Their Name',
    password: 'choose 12 or more characters',
    setupToken: token,
  };
  operator.say(curl(operator, '/auth/register', body));
}

async function promote(operator: Operator, address: string): Promise<void> {
  const user = await find(operator, address);
  if (user.isSuperuser) {
    operator.say(`${address} is an instance administrator already.`);
    return;
  }
  await operator.get(Database).transaction(async (transaction) => {
    await operator.get(UsersService).promote(transaction, user.id);
    await record(operator, transaction, user, 'user.promoted');
  });
  operator.say(`${address} is an instance administrator now.`);
}

async function resetPassword(operator: Operator, address: string): Promise<void> {
  const user = await find(operator, address);
  const { token, expiresAt } = await operator.get(Database).transaction(async (transaction) => {
    await record(operator, transaction, user, 'user.password_reset_issued');
    return operator.get(AccountLinksService).issuePasswordReset(transaction, user.id);
  });
  operator.say(
    `A password reset for ${address}, good once and until ${expiresAt.toISOString()}. It is used with:\n`,
  );
  operator.say(
    curl(operator, '/auth/password/reset', { token, newPassword: 'choose 12 or more characters' }),
  );
}

async function disableMfa(operator: Operator, address: string): Promise<void> {
  const user = await find(operator, address);
  const isDisabled = await operator.get(Database).transaction(async (transaction) => {
    const wasEnabled = await operator.get(MfaService).remove(transaction, user.id);
    if (wasEnabled) await record(operator, transaction, user, 'mfa.disabled');
    return wasEnabled;
  });
  if (!isDisabled) throw new CommandError(`${address} has no second factor.`);
  operator.say(
    `${address} signs in with the password alone now, until they enrol an authenticator app again.`,
  );
}

async function clearAllowedIps(operator: Operator, id: string): Promise<void> {
  const organizationId = uuidOf('organization', id);
  if (organizationId === undefined) {
    throw new CommandError(`"${id}" is no id of an organization, such as org_01m7zxdb3wevkb01r1pccyncx5.`);
  }
  const cleared = await operator.get(OrganizationSettingsService).clearAllowedIps(organizationId);
  if (cleared === null) throw new CommandError(`${id} takes any address already.`);
  operator.say(`${id} takes any address again, and no longer only ${cleared.join(', ')}.`);
}

async function find(operator: Operator, address: string): Promise<User> {
  const user = await operator.get(UsersService).findByEmail(address);
  if (!user) throw new CommandError(`There is no account of ${address}.`);
  return user;
}

async function record(operator: Operator, transaction: Transaction, user: User, type: string): Promise<void> {
  const organizationId = await operator.get(OrganizationsService).homeOf(user.id, transaction);
  if (organizationId === null) return;
  const entry = { type, resourceType: 'user' as const, resourceId: user.id };
  await operator.get(AuditLog).appendRow(transaction, operatorRow(organizationId, entry));
}

function curl(operator: Operator, path: string, body: object): string {
  const { origin } = operator.runtime.settings.publicUrl;
  return curlCommand(`${origin}/api/v1${path}`, body);
}
