import type { Client, Reply } from '../support/client.js';
import { startNameServer, type NameServer } from '../support/name-server.js';
import { allowingProvider } from '../support/openid-provider.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import {
  begin,
  codeIn,
  comeBack,
  complete,
  configurationBy,
  pathOf,
  proveDomain,
  visitorOf,
  type Begun,
} from '../support/single-sign-on.js';
import { backFrom, rightClaims, startRogueProvider, type RogueProvider } from './rogue-provider.js';

/** The domain of the organization. */
export const domain = 'acme.example';

/** An organization whose people sign in by a provider that does what a test wants. */
export class RogueScene {
  private constructor(
    readonly service: TestService,
    readonly names: NameServer,
    readonly owner: Person,
    /** The provider that answers now; a test may put another one in its place for a while. */
    public rogue: RogueProvider,
  ) {}

  static async start(): Promise<RogueScene> {
    const [rogue, names] = [await startRogueProvider(), await startNameServer()];
    const environment = { ...allowingProvider, CREDVAULT_DNS_SERVERS: names.address };
    const service = await startTestService({ environment });
    const scene = new RogueScene(service, names, await signUp(service, 'Olga Owner'), rogue);
    await scene.configure();
    await proveDomain(scene.owner, names);
    return scene;
  }

  /** Makes the provider right in everything, and forgets what it was asked. */
  reset(): void {
    this.rogue.answers.clear();
    Object.assign(this.rogue, { metadata: {}, claims: {}, header: {}, asked: [] });
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.rogue.stop();
    await this.names.stop();
  }

  async configure(fields: Record<string, unknown> = {}): Promise<void> {
    const body = { ...configurationBy(this.rogue, domain), ...fields };
    expectStatus(await this.owner.client.put(pathOf(this.owner), body), 200);
  }

  beginBy(visitor: Client): Promise<Begun> {
    return begin(visitor, { organizationId: this.owner.organizationId });
  }

  /** Comes back with the right answer, whose ID token has these claims beside. */
  comeBackAs(visitor: Client, begun: Begun, claims: Record<string, unknown>): Promise<Reply> {
    this.rogue.claims = { ...rightClaims(begun.authorizationUrl, 'somebody'), ...claims };
    return comeBack(visitor, backFrom(begun.authorizationUrl));
  }

  /** A sign-in with these claims; the answer to its completion. */
  async signInAs(claims: Record<string, unknown>): Promise<Reply> {
    const visitor = visitorOf(this.service);
    const begun = await this.beginBy(visitor);
    const code = codeIn(await this.comeBackAs(visitor, begun, claims));
    return complete(visitor, { signInToken: begun.signInToken, code });
  }

  /** Bodies of the calls with a code, in the order in which they came. */
  tokenCalls(): string[] {
    return this.rogue.asked.filter(({ path }) => path === '/token').map(({ body }) => body);
  }

  usersWith(email: string): Promise<unknown[]> {
    return this.service.database.rows(`SELECT id FROM users WHERE lower(email) = lower($1)`, [email]);
  }
}
