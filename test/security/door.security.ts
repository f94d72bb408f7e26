import { request as httpRequest } from 'node:http';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Public } from '@credvault/access/rules.js';
import { createFastifyAdapter } from '@credvault/http/fastify-adapter.js';
import { AppModule } from '../../apps/api/src/app.module.js';
import { Client } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
afterAll(() => service.stop());

const visitor = (): Client => new Client(service, { address: newAddress() });

describe('a route that declares no rule', () => {
  @Controller('bare')
  class BareController {
    @Get('open')
    open(): string {
      return 'to everybody';
    }
  }

  @Controller('declared')
  class DeclaredController {
    @Get('open')
    @Public()
    open(): string {
      return 'to everybody';
    }
  }

  @Module({ controllers: [BareController] })
  class BareModule {}

  @Module({ controllers: [DeclaredController] })
  class DeclaredModule {}

  async function boot(extra: typeof BareModule): Promise<NestFastifyApplication> {
    const whole = AppModule.forRuntime(service.runtime);
    const module: DynamicModule = { ...whole, imports: [...(whole.imports ?? []), extra] };
    const { publicUrl } = service.runtime.settings;
    const adapter = createFastifyAdapter({ trustedProxies: [], publicUrl, corsOrigins: [], bodyLimits: [] });
    const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
      bodyParser: false,
      logger: false,
      abortOnError: false,
    });
    return app.init();
  }

  it('stops the start, which names it', async () => {
    await expect(boot(BareModule)).rejects.toThrow(/GET handler BareController\.open/);
  });

  it('is the only thing that does: with a rule it starts', async () => {
    const app = await boot(DeclaredModule);
    await app.close();
  });
});

describe('a credential', () => {
  it('is taken from the header and from nowhere else', async () => {
    const stranger = visitor();
    expectStatus(await stranger.get('/me', { query: { access_token: person.token } }), 401);
    expectStatus(await stranger.get('/me', { query: { token: person.token } }), 401);
    expectStatus(await stranger.post('/vaults', { name: 'x', access_token: person.token }), 401);
    expectStatus(
      await stranger.get('/me', {
        headers: { cookie: `access_token=${person.token}; token=${person.token}` },
      }),
      401,
    );
    expectStatus(await stranger.get('/me', { headers: { authorization: `Bearer ${person.token}` } }), 200);
    expectStatus(await stranger.get('/me', { headers: { authorization: `bearer ${person.token}` } }), 200);
  });

  it.each<[string, (token: string) => string]>([
    ['bare', (token) => token],
    ['of another scheme', (token) => `Token ${token}`],
    ['twice', (token) => `Bearer ${token} ${token}`],
    ['with something behind it', (token) => `Bearer ${token}, Basic x`],
    ['empty', () => 'Bearer '],
    ['cut', (token) => `Bearer ${token.slice(0, -1)}`],
    ['in lower case', (token) => `Bearer ${token.toLowerCase()}`],
    ['with another prefix', (token) => `Bearer ${token.replace('ck_live_', 'cvs_')}`],
    ['endless', () => `Bearer ${'x'.repeat(10_000)}`],
    ['with bytes', () => 'Bearer \u00ff\u00fe'],
  ])('that is %s is refused', async (_how, write) => {
    const reply = expectStatus(
      await visitor().get('/me', { headers: { authorization: write(person.token) } }),
      401,
    );
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer realm="credvault"/);
    expect(reply.text).not.toContain(person.token);
  });

  it('comes alone: two different ones in one request are refused', async () => {
    const other = await signUp(service);
    const headers = { authorization: `Bearer ${person.token}`, 'x-api-key': other.token };
    expectStatus(await visitor().get('/me', { headers }), 400);
    const { port } = new URL(service.url);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest({ port, path: '/api/v1/me' }, (response) =>
        resolve(response.resume().statusCode ?? 0),
      );
      request.setHeader('authorization', [`Bearer ${person.token}`, `Bearer ${other.token}`]);
      request.on('error', reject).end();
    });
    expect(status).toBe(400);
  });

  it('is asked for before the body is read', async () => {
    const vault = await vaultOf(person);
    const stranger = visitor();
    for (const path of ['/vaults', `/vaults/${vault.id}/import`]) {
      expectStatus(await stranger.post(path, undefined, { raw: '{bad' }), 401);
      expectStatus(
        await stranger.post(path, undefined, { raw: 'x', headers: { 'content-type': 'text/plain' } }),
        401,
      );
      expectStatus(await stranger.post(path, { name: 'x'.repeat(1_100_000) }), 401);
    }
  });
});
