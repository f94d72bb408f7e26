import { curlCommand } from '@credvault/http/curl-command.js';
import type { MailMessage } from '@credvault/mail/mailer.js';

/** What the mail of an invitation tells. */
export interface InvitationMail {
  /** Base of all links, from `CREDVAULT_PUBLIC_URL`. */
  publicUrl: URL;
  to: string;
  token: string;
  expiresAt: Date;
  organizationId: string;
  /** Name of the organization: a stranger may have chosen it, so it stands in quotes and in one place. */
  organization: string;
}

/** Longest name that a mail repeats: long enough for a name, too short for an advertisement. */
const longestName = 60;

/** Where the token of an invitation is accepted. */
export function acceptUrl({ origin }: URL): string {
  return `${origin}/api/v1/invitations/accept`;
}

/** The token with which whoever owns the mailbox joins an organization. */
export function invitationMail({
  publicUrl,
  to,
  token,
  expiresAt,
  organizationId,
  organization,
}: InvitationMail): MailMessage {
  const body = { token, password: 'choose 12 or more characters', name: 'your name' };
  const name = [...organization].slice(0, longestName).join('');
  return {
    to,
    bulkOf: organizationId,
    subject: 'CredVault: you are invited',
    text: `Somebody invites you to their organization at ${publicUrl.origin}.
They call it "${name}".

The token to accept with works once, until ${expiresAt.toUTCString()}:

  ${token}

If you have no account with this e-mail address yet, this makes one:

${curlCommand(acceptUrl(publicUrl), body)}

If you have one, send its password and leave the name out. If it has a second
factor, sign in and send the token alone to
${publicUrl.origin}/api/v1/me/invitations/accept.

If you know nothing of it, ignore this mail: nothing happens.
`,
  };
}
