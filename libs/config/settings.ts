import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { defaultSender, parseMailbox, type Mailbox } from '@credvault/mail/mailbox.js';
import { isSmtpUrl } from '@credvault/mail/smtp-server.js';
import {
  type Environment,
  hostForUrl,
  isAddressBlock,
  isDnsServer,
  isOrigin,
  isRedisUrl,
  SettingsReader,
} from './settings-reader.js';

/** Who may register an account of their own; the first account always takes the setup token. */
export type RegistrationMode = 'invite' | 'open' | 'closed';
/** Who may read `/openapi.json` and use `/docs`. */
export type DocsMode = 'public' | 'private' | 'off';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Injection token of `Settings`. */
export const settingsToken = Symbol('credvault:settings');

/** Every setting of the service, read once at boot. `settingsTable` describes them for people. */
export interface Settings {
  host: string;
  port: number;
  /** HTTP processes that share the port, 1 to 64. */
  processes: number;
  /** Where clients reach the service: feeds links, the OpenAPI `servers`, the banner and the Host check. */
  publicUrl: URL;
  /** PostgreSQL connection string; undefined means the embedded PostgreSQL. */
  databaseUrl?: string;
  /** Redis connection string, for limits shared by separately started instances; undefined means that each counts for itself. */
  redisUrl?: string;
  /** Requests a minute of one session; 0 means unlimited. */
  sessionLimit: number;
  /** Requests a minute of one address on public routes; 0 means unlimited. */
  addressLimit: number;
  /** Absolute path of the data folder. */
  dataDir: string;
  /** False when the operator chose the data folder. */
  dataDirIsDefault: boolean;
  /** One or several root keys as text, newest first; undefined means the key file. */
  rootKey?: string;
  /** Absolute path of the root key file; undefined means `<data folder>/root.key`. */
  rootKeyFile?: string;
  /** A setup token chosen by the operator, at least 32 characters. */
  setupToken?: string;
  registration: RegistrationMode;
  /** Connection string of the mail server; undefined means that no mail is sent. */
  smtpUrl?: string;
  /** Who mails are from. */
  mailFrom: Mailbox;
  corsOrigins: string[];
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** Addresses or CIDR blocks that the service may call for users although they are not public. */
  outboundAllow: string[];
  /** Name servers that proofs of domains are looked up at; empty: those of the machine. */
  dnsServers: string[];
  /** Loopback port of `/metrics`; 0 switches it off. */
  metricsPort: number;
  /** Whether the operator chose the metrics port: a chosen port that is taken stops the start. */
  metricsPortIsDefault: boolean;
  docs: DocsMode;
  logLevel: LogLevel;
}

/** A setting that cannot be used; `message` names the variable, says why and what would do. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    super(`CredVault cannot start with these settings:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

function readSecretSettings(
  read: SettingsReader,
): Pick<Settings, 'rootKey' | 'rootKeyFile' | 'setupToken' | 'databaseUrl' | 'redisUrl' | 'smtpUrl'> {
  const rootKey = read.text('CREDVAULT_ROOT_KEY');
  const rootKeyFile = read.text('CREDVAULT_ROOT_KEY_FILE');
  if (rootKey !== undefined && rootKeyFile !== undefined) {
    read.refuse('CREDVAULT_ROOT_KEY', 'and CREDVAULT_ROOT_KEY_FILE are both set; use one of them.');
  } else if (rootKey !== undefined) {
    read.checkRootKeys('CREDVAULT_ROOT_KEY', rootKey);
  }
  const setupToken = read.text('CREDVAULT_SETUP_TOKEN');
  if (setupToken !== undefined && (setupToken.length < 32 || setupToken.length > 256)) {
    read.refuse(
      'CREDVAULT_SETUP_TOKEN',
      'must have 32 to 256 characters; make one with: openssl rand -base64 32',
    );
  }
  const databaseUrl = read.text('DATABASE_URL');
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    read.refuse('DATABASE_URL', 'must look like postgres://user:password@host:5432/database.');
  }
  const redisUrl = read.text('REDIS_URL');
  if (redisUrl !== undefined && !isRedisUrl(redisUrl)) {
    read.refuse(
      'REDIS_URL',
      'must look like redis://user:password@host:6379/0 or rediss://…, with / ? # @ % in the password percent-encoded.',
    );
  }
  return {
    rootKey,
    rootKeyFile: rootKeyFile && resolve(rootKeyFile),
    setupToken,
    databaseUrl,
    redisUrl,
    smtpUrl: readSmtpUrl(read),
  };
}

function readSmtpUrl(read: SettingsReader): string | undefined {
  const smtpUrl = read.text('SMTP_URL');
  if (smtpUrl !== undefined && !isSmtpUrl(smtpUrl)) {
    read.refuse(
      'SMTP_URL',
      'must look like smtp://user:password@host:587 or smtps://…, with / ? # @ % in the password percent-encoded.',
    );
  }
  return smtpUrl;
}

function readMailFrom(read: SettingsReader, publicUrl: URL): Mailbox {
  const text = read.text('CREDVAULT_MAIL_FROM');
  const mailbox = text === undefined ? undefined : parseMailbox(text);
  if (text !== undefined && mailbox === undefined) {
    read.refuse(
      'CREDVAULT_MAIL_FROM',
      `is "${text}", but must be an address such as vault@example.com, or CredVault <vault@example.com>.`,
    );
  }
  return mailbox ?? defaultSender(publicUrl);
}

/**
 * Reads the settings from environment variables.
 *
 * @param environment usually `process.env`; an empty variable counts as not set
 * @throws SettingsError naming every variable that cannot be used, and why
 */
export function readSettings(environment: Environment): Settings {
  const read = new SettingsReader(environment);
  const port = read.port('PORT', 3000);
  const host = read.text('HOST') ?? '127.0.0.1';
  if (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) {
    read.refuse('HOST', `is "${host}", but must be an IP address or a host name.`);
  }
  const addresses = 'an IP address or a CIDR block such as 10.0.0.0/8';
  const publicUrl = read.httpUrl('CREDVAULT_PUBLIC_URL', `http://${hostForUrl(host)}:${port}`);
  const settings: Settings = {
    host,
    port,
    processes: read.processes('CREDVAULT_PROCESSES'),
    publicUrl,
    ...readSecretSettings(read),
    mailFrom: readMailFrom(read, publicUrl),
    dataDir: resolve(read.text('CREDVAULT_DATA_DIR') ?? '.credvault'),
    dataDirIsDefault: read.text('CREDVAULT_DATA_DIR') === undefined,
    registration: read.oneOf('CREDVAULT_REGISTRATION', ['invite', 'open', 'closed'], 'invite'),
    corsOrigins: read.list('CREDVAULT_CORS_ORIGINS', isOrigin, 'an origin such as https://app.example.com'),
    trustedProxies: read.list('CREDVAULT_TRUSTED_PROXIES', isAddressBlock, addresses),
    outboundAllow: read.list('CREDVAULT_OUTBOUND_ALLOW', isAddressBlock, addresses),
    dnsServers: read.list('CREDVAULT_DNS_SERVERS', isDnsServer, 'an IP address, with or without a port'),
    sessionLimit: read.limit('CREDVAULT_SESSION_LIMIT', 600),
    addressLimit: read.limit('CREDVAULT_ADDRESS_LIMIT', 300),
    metricsPort: read.port('CREDVAULT_METRICS_PORT', 9464, 0),
    metricsPortIsDefault: read.text('CREDVAULT_METRICS_PORT') === undefined,
    docs: read.oneOf('CREDVAULT_DOCS', ['public', 'private', 'off'], 'public'),
    logLevel: read.oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  };
  if (settings.metricsPort === settings.port) {
    if (settings.metricsPortIsDefault) settings.metricsPort = 9465;
    else read.refuse('CREDVAULT_METRICS_PORT', `is ${settings.port}, which PORT uses already.`);
  }
  if (read.problems.length > 0) throw new SettingsError(read.problems);
  return settings;
}
