import { curlCommand } from '@credvault/http/curl-command.js';
import type { MailMessage } from '@credvault/mail/mailer.js';
import type { OneTimeToken } from './account-links.service.js';

/*
 * The mails about an account. Their addresses come from `CREDVAULT_PUBLIC_URL`, never from a request, and they hold nothing
 * that a stranger has written but an e-mail address that was checked.
 */

/** The token with which an account gets a new password. */
export function passwordResetMail(publicUrl: URL, to: string, link: OneTimeToken): MailMessage {
  const body = { token: link.token, newPassword: 'choose 12 or more characters' };
  return {
    to,
    subject: 'CredVault: a new password',
    text: `Somebody asked for a new password for your account at ${publicUrl.origin}.

The token for it works once, until ${link.expiresAt.toUTCString()}:

  ${link.token}

Use it with the new password in place of the one below. This ends all sessions
of the account.

${curlCommand(endpoint(publicUrl, '/auth/password/reset'), body)}

If it was not you, ignore this mail: your password stays as it is.
`,
  };
}

/** The token with which an account gets this e-mail address. */
export function emailChangeMail(publicUrl: URL, to: string, link: OneTimeToken): MailMessage {
  return {
    to,
    subject: 'CredVault: confirm your new e-mail address',
    text: `Somebody wants to use this e-mail address for their account at ${publicUrl.origin}.

The token that confirms it works once, until ${link.expiresAt.toUTCString()}:

  ${link.token}

${curlCommand(endpoint(publicUrl, '/auth/email/confirm'), { token: link.token })}

From then on this is the address to sign in with.
If it was not you, ignore this mail: nothing changes.
`,
  };
}

/** What the owner of an account is told when somebody wants its address for another account. */
export function emailTakenMail(publicUrl: URL, to: string): MailMessage {
  return {
    to,
    subject: 'CredVault: you have an account with this e-mail address',
    text: `Somebody wanted to use this e-mail address for another account at ${publicUrl.origin}.

There is an account with this address already, yours, so nothing changes. If it
was you, sign in with this address, or use another one for the other account.
`,
  };
}

/** What the present address is told when somebody wants to replace it. */
export function emailChangeNotice(publicUrl: URL, to: string, newEmail: string): MailMessage {
  return {
    to,
    subject: 'CredVault: your e-mail address is about to change',
    text: `Somebody who knows the password of your account at ${publicUrl.origin}
wants to replace its e-mail address, which is this one, by

  ${newEmail}

Nothing changes before the mail sent there is confirmed.

If it was not you, change your password now: this takes the change back, too.
`,
  };
}

/** What the former address is told. */
export function emailChangedNotice(publicUrl: URL, to: string, newEmail: string): MailMessage {
  return {
    to,
    subject: 'CredVault: your e-mail address has changed',
    text: `The e-mail address of your account at ${publicUrl.origin} was this one. Now it is

  ${newEmail}

If it was not you, tell whoever runs this CredVault: they can make you a token
for a new password.
`,
  };
}

function endpoint({ origin }: URL, path: string): string {
  return `${origin}/api/v1${path}`;
}
