import { isIP } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import type { Settings } from '@credvault/config/settings.js';
import { AccountLinksService } from '../auth/account-links.service.js';
import type { Runtime } from '../runtime/runtime.js';
import { removeSetupToken, writeSetupToken } from '../runtime/setup-token-file.js';
import { UsersService } from '../users/users.service.js';

type Say = (line: string) => void;

export interface Announcement {
  runtime: Pick<Runtime, 'settings' | 'folder'>;
  /** Writes a line to standard output. */
  say: Say;
  /** Where the metrics are; undefined when they are not served. */
  metricsUrl: string | undefined;
}

/** Tells whoever started the service where it is, and how to make the first account while there is none. */
export async function announce(
  app: INestApplicationContext,
  { runtime, say, metricsUrl }: Announcement,
): Promise<void> {
  const { settings, folder } = runtime;
  const base = settings.publicUrl.origin;
  say(`\nCredVault is ready at ${base}`);
  if (settings.docs !== 'off') say(`  Swagger UI    ${base}/docs`);
  say(`  API           ${base}/api/v1`);
  if (metricsUrl !== undefined) say(`  Metrics       ${metricsUrl}`);
  warnAboutExposure(settings, say);
  if (await app.get(UsersService).hasNoAccount()) await announceSetup(app, settings, folder, say);
  else removeSetupToken(folder);
}

/** SECURITY: a listener that others can reach, without TLS before it, sends tokens and secrets in the clear. */
function warnAboutExposure(settings: Settings, say: Say): void {
  const { host, publicUrl, trustedProxies } = settings;
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback || publicUrl.protocol === 'https:' || trustedProxies.length > 0) return;
  say(
    `\n  WARNING: HOST=${host} can be reached from other machines without TLS: tokens and secrets travel in the clear.\n` +
      '  Put a reverse proxy with TLS in front, and set CREDVAULT_PUBLIC_URL and CREDVAULT_TRUSTED_PROXIES.',
  );
}

/** Shows the setup token on a terminal; elsewhere, where output is kept in logs, it goes to a file of the owner's. */
async function announceSetup(
  app: INestApplicationContext,
  settings: Settings,
  folder: string,
  say: Say,
): Promise<void> {
  const { token, expiresAt } = await app.get(AccountLinksService).issueSetup(settings.setupToken);
  let shown = token;
  if (settings.setupToken !== undefined) {
    shown = '$CREDVAULT_SETUP_TOKEN';
  } else if (!process.stdout.isTTY) {
    const path = writeSetupToken(folder, token);
    say(`\nThe setup token is in ${path}`);
    shown = `$(cat '${path}')`;
  }
  say(
    `\nThere is no account yet. Make the first one (the token works once, until ${expiresAt.toISOString()}):\n`,
  );
  say(
    `  curl -X POST ${settings.publicUrl.origin}/api/v1/auth/register -H 'Content-Type: application/json' \\`,
  );
  say(
    `    -d "{\\"email\\":\\"you@example.com\\",\\"name\\":\\"Your Name\\",\\"password\\":\\"choose 12 or more characters\\",\\"setupToken\\":\\"${shown}\\"}"\n`,
  );
}
