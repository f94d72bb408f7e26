import { setupToken } from './built-service.ts';

/** An answer that was received whole. */
export interface ApiAnswer<T> {
  status: number;
  /** The service's own id of the request, which its audit record carries. */
  requestId: string;
  body: T;
}

export interface ApiSecret {
  id: string;
  key: string;
  value?: string;
  notes?: string | null;
  version: number;
}

export interface SecretPage {
  data: ApiSecret[];
  pagination: { total: number; nextCursor: string | null };
}

/** Speaks to the service as one holder of a token. */
export class ApiClient {
  readonly token: string;
  readonly #url: string;

  constructor(url: string, token = '') {
    this.#url = url;
    this.token = token;
  }

  /** Sends a request and reads its answer. @throws TypeError when the connection breaks before the answer is whole */
  async send<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token === '' ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    return {
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? '',
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** Sends a request that must succeed and gives what it answers. @throws Error with the answer otherwise */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.send<T>(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}

/**
 * Makes the first account of a service and signs it in with a personal token. Its organization gets the plan without
 * limits, which the account, as administrator of the installation, may give: what is asked for here is more than any
 * plan with a limit allows.
 */
export async function firstAccount(url: string): Promise<ApiClient> {
  const { client, organizationId } = await makeAccount(url, 'operator@example.com', setupToken);
  await client.call('PATCH', `/admin/organizations/${organizationId}`, { plan: 'enterprise' });
  return client;
}

/** An account with an organization of its own. */
export interface Account {
  /** Speaks with a personal token. */
  client: ApiClient;
  organizationId: string;
}

/** Registers an account and signs it in. @param withToken the setup token, for the first account */
export async function makeAccount(url: string, email: string, withToken?: string): Promise<Account> {
  const password = 'six dry tortoises read the map';
  const nobody = new ApiClient(url);
  const fields = { email, password, name: 'Black Box', setupToken: withToken };
  const { data } = await nobody.call<Envelope<{ organization: { id: string } }>>(
    'POST',
    '/auth/register',
    fields,
  );
  const session = await nobody.call<Envelope<{ accessToken: string }>>('POST', '/auth/login', {
    email,
    password,
  });
  const person = new ApiClient(url, session.data.accessToken);
  const made = await person.call<Envelope<{ token: string }>>('POST', '/api-tokens', { name: 'black box' });
  return { client: new ApiClient(url, made.data.token), organizationId: data.organization.id };
}

/** Somebody who was invited into the organization of another one. */
export interface Colleague {
  userId: string;
  /** Speaks with a personal token. */
  client: ApiClient;
  /** Makes one more personal token. */
  newToken(name: string): Promise<string>;
}

/** Invites somebody with a role, whose address has the name in it; without a mail server the token of the invitation is in the answer. */
export async function makeColleague(
  url: string,
  owner: ApiClient,
  role: string,
  name: string = role,
): Promise<Colleague> {
  const nobody = new ApiClient(url);
  const password = 'six dry tortoises read the map';
  const email = `${name}@example.com`;
  const organizations = await owner.call<Envelope<{ id: string }[]>>('GET', '/organizations');
  const invitation = await owner.call<Envelope<{ token: string }>>(
    'POST',
    `/organizations/${organizations.data[0]?.id ?? ''}/invitations`,
    { email, role },
  );
  const { token } = invitation.data;
  await nobody.call('POST', '/invitations/accept', { token, password, name: 'A colleague' });
  const session = await nobody.call<Envelope<{ accessToken: string }>>('POST', '/auth/login', {
    email,
    password,
  });
  const person = new ApiClient(url, session.data.accessToken);
  const newToken = async (name: string): Promise<string> =>
    (await person.call<Envelope<{ token: string }>>('POST', '/api-tokens', { name })).data.token;
  const client = new ApiClient(url, await newToken('black box'));
  const me = await client.call<Envelope<{ id: string }>>('GET', '/me');
  return { userId: me.data.id, client, newToken };
}

/** An API key and its id. */
export interface ApiKey {
  id: string;
  key: string;
}

/** Makes an API key that may look at vaults. */
export async function makeApiKey(client: ApiClient, name: string): Promise<ApiKey> {
  const fields = { name, scopes: ['vault:read'] };
  return (await client.call<Envelope<ApiKey>>('POST', '/api-keys', fields)).data;
}

/** Makes a vault and gives its id. */
export async function makeVault(client: ApiClient, name: string): Promise<string> {
  return (await client.call<Envelope<{ id: string }>>('POST', '/vaults', { name })).data.id;
}

interface Envelope<T> {
  data: T;
}
