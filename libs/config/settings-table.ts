export interface SettingRow {
  name: string;
  default: string;
  description: string;
}

/** The settings as people see them: the README's table is checked against this list. */
export const settingsTable: SettingRow[] = [
  { name: 'PORT', default: '3000', description: 'Port of the API.' },
  { name: 'HOST', default: '127.0.0.1', description: 'Address the API listens on.' },
  {
    name: 'CREDVAULT_PROCESSES',
    default: '1',
    description:
      'HTTP processes that share the port, up to 64; `auto` takes as many as the machine runs at once.',
  },
  {
    name: 'DATABASE_URL',
    default: '(embedded)',
    description:
      'PostgreSQL 15 or later, `postgres://user:password@host:5432/name`; several hosts may be listed, the primary is followed. A direct or session-pooled connection.',
  },
  {
    name: 'REDIS_URL',
    default: '(none)',
    description:
      'Redis 6 or later, `redis://user:password@host:6379/0` or `rediss://…`: limits that several instances on one database share. Without it each instance counts for itself.',
  },
  {
    name: 'CREDVAULT_DATA_DIR',
    default: '.credvault',
    description: 'Folder of the embedded database and the root key file.',
  },
  {
    name: 'CREDVAULT_PUBLIC_URL',
    default: 'http://<HOST>:<PORT>',
    description: 'Where clients reach the service: feeds links, the OpenAPI document and the Host check.',
  },
  {
    name: 'CREDVAULT_ROOT_KEY',
    default: '',
    description: 'Root key, 32 bytes as base64; several separated by commas, the newest first.',
  },
  {
    name: 'CREDVAULT_ROOT_KEY_FILE',
    default: '<data folder>/root.key',
    description: 'File that holds the root keys, mode 0600.',
  },
  {
    name: 'CREDVAULT_SETUP_TOKEN',
    default: '(made at each start)',
    description: 'Setup token of the first account, at least 32 characters.',
  },
  {
    name: 'CREDVAULT_REGISTRATION',
    default: 'invite',
    description:
      'Who may register: `invite`, `open` or `closed`. The first account always takes the setup token.',
  },
  {
    name: 'SMTP_URL',
    default: '(none)',
    description:
      'Mail server, `smtp://user:password@host:587` or `smtps://…`, for invitations, password resets and changes of e-mail addresses. Without it no mail is sent.',
  },
  {
    name: 'CREDVAULT_MAIL_FROM',
    default: 'CredVault <no-reply@<host of CREDVAULT_PUBLIC_URL>>',
    description: 'Sender of mails, an address or `Name <address>`.',
  },
  {
    name: 'CREDVAULT_CORS_ORIGINS',
    default: '(none)',
    description: 'Origins of browser applications, separated by commas.',
  },
  {
    name: 'CREDVAULT_TRUSTED_PROXIES',
    default: '(none)',
    description: 'Addresses or CIDR blocks of reverse proxies whose `X-Forwarded-For` is believed.',
  },
  {
    name: 'CREDVAULT_OUTBOUND_ALLOW',
    default: '(none)',
    description:
      'Addresses or CIDR blocks that the service may call for users although they are private. Metadata services of clouds never. See [outbound calls](docs/outbound.md).',
  },
  {
    name: 'CREDVAULT_DNS_SERVERS',
    default: '(those of the machine)',
    description: 'Name servers that look up the proof of a domain, `192.0.2.1` or `192.0.2.1:53`.',
  },
  {
    name: 'CREDVAULT_SESSION_LIMIT',
    default: '600',
    description: 'Requests a minute that one session may make; 0 means unlimited.',
  },
  {
    name: 'CREDVAULT_ADDRESS_LIMIT',
    default: '300',
    description:
      'Requests a minute that one address (IPv6: its /64) may make without a credential; 0 means unlimited.',
  },
  {
    name: 'CREDVAULT_METRICS_PORT',
    default: '9464',
    description: 'Loopback port of `/metrics` (Prometheus); 0 switches it off.',
  },
  {
    name: 'CREDVAULT_DOCS',
    default: 'public',
    description:
      'API documents and Swagger UI: `public`, `private` (the documents take a credential; the page `/docs` opens and asks for one) or `off`.',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    description: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  },
];
