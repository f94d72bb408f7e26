import {
  Body,
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  HttpCode,
  Module,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pino } from 'pino';

import { Answer } from './answer.js';
import { DomainError } from './domain-error.js';
import { Bare } from './envelope.js';
import { assertPrecondition, etagOf, IfMatch } from './etag.js';
import { createFastifyAdapter, installHttp } from './fastify-adapter.js';
import { CursorCodec } from './pagination/cursor-codec.js';
import { ListQuery } from './pagination/list-query.dto.js';
import { parsePageRequest } from './pagination/page-request.js';
import { type Page, toPage } from './pagination/page.js';

/** Stands for a secret: it may be in no error and no log line. */
export const canary = 'hunter2-the-canary-value';

class Tag {
  @IsString()
  @Length(1, 10)
  key!: string;
}

class Named {
  @IsString()
  @Length(1, 20)
  name!: string;
}

class CreateThing extends Named {
  @IsOptional()
  @IsString()
  note?: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5)
  @ValidateNested({ each: true })
  @Type(() => Tag)
  items?: Tag[];
}

const rows = Array.from({ length: 5 }, (_, i) => ({ id: `id-${i}`, name: `n${i}` }));

@Controller('api/v1/things')
class ThingsController {
  private readonly cursors = new CursorCodec(Buffer.alloc(32, 7));

  @Get()
  list(@Query() query: ListQuery): Page<unknown> {
    const request = parsePageRequest(query, {
      sortable: { name: { sql: 'name', type: 'text' } },
      defaultSort: 'name',
      defaultLimit: 2,
      cursors: this.cursors,
      list: 'things',
    });
    const start = request.after ? rows.findIndex(({ id }) => id === request.after?.[1]) + 1 : request.offset;
    const found = rows.slice(start, start + request.limit + 1);
    return toPage(request, { rows: found, total: rows.length }, ({ name }) => ({ name }));
  }

  @Post()
  create(@Body() body: CreateThing): unknown {
    return { id: 'thg_1', ...body };
  }

  @Post(':id/pause')
  @HttpCode(200)
  pause(@Param('id') id: string): unknown {
    return { id };
  }

  @Post(':id/import')
  import(@Body() body: CreateThing): unknown {
    return { length: body.note?.length };
  }

  @Get(':id')
  read(@Param('id') id: string): Answer<unknown> {
    return Answer.of({ id }, { etag: etagOf(id, 3), headers: { 'x-extra': '1' } });
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') id: string, @IfMatch() ifMatch: string | undefined): void {
    assertPrecondition(ifMatch, id, 3);
  }

  @Get(':id/bare')
  @Bare()
  bare(): unknown {
    return [1, 2];
  }

  @Get(':id/file')
  file(): Answer<StreamableFile> {
    const file = new StreamableFile(Buffer.from('A=1'), { type: 'text/plain', disposition: 'attachment' });
    return Answer.of(file, { etag: '"f.1"' });
  }

  @Get(':id/named')
  named(@Query('reveal') reveal: string): unknown {
    return { reveal };
  }

  @Get('fail/:how')
  fail(@Param('how') how: string, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    reply.header('etag', '"x.1"');
    if (how === 'unauthorized') throw new DomainError('UNAUTHORIZED', 'Invalid or expired API token.');
    if (how === 'database')
      throw Object.assign(new Error('the database system is starting up'), { code: '57P03' });
    throw Object.assign(new Error(`value ${canary}`), { code: '22P02', parameters: [canary] });
  }

  @Get('broken/stream')
  @Bare()
  async broken(@Res() reply: FastifyReply): Promise<void> {
    reply.raw.writeHead(200, { 'content-type': 'text/plain' });
    await new Promise((resolve) => reply.raw.write('half', resolve));
    throw new Error('after the first bytes');
  }
}

@Controller('api/v1/health')
class HealthController {
  @Get('live')
  live(): unknown {
    return { status: 'ok' };
  }
}

/** Lets nobody in who says so. */
class Bouncer implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers['x-refuse'] !== undefined)
      throw new DomainError('UNAUTHORIZED', 'Invalid or expired API token.');
    return true;
  }
}

@Module({
  controllers: [ThingsController, HealthController],
  providers: [{ provide: APP_GUARD, useClass: Bouncer }],
})
class AppModule {}

/** All log lines of the app so far. */
export const logLines: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) });

/** Starts an app with a few routes of every kind on the HTTP layer as the service uses it. */
export async function startThings(corsOrigins: string[] = []): Promise<NestFastifyApplication> {
  const adapter = createFastifyAdapter({
    trustedProxies: [],
    publicUrl: new URL('https://vault.example.com'),
    corsOrigins,
    bodyLimits: [{ method: 'POST', url: '/api/v1/things/:id/import', bytes: 8 * 1024 * 1024 }],
    logger,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    bodyParser: false,
    logger: false,
  });
  installHttp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

export interface SendOptions {
  headers?: object;
  payload?: string | Buffer;
}

/** An answer as the specs look at it; the fields of an error are undefined in a success. */
export interface Sent {
  status: number;
  headers: Record<string, unknown>;
  code?: string;
  message?: string;
  details?: { path: string; code: string; message: string }[];
  body: string;
}

/** Sends a request without a socket, and checks what every error answer must have. */
export async function send(
  app: NestFastifyApplication,
  method: string,
  url: string,
  options: SendOptions = {},
): Promise<Sent> {
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { host: 'localhost:3000', ...options.headers },
    ...(options.payload === undefined ? {} : { payload: options.payload }),
  });
  const isJson = answer.body !== '' && String(answer.headers['content-type']).startsWith('application/json');
  const body: unknown = isJson ? answer.json() : {};
  const { error } = body as { error?: Sent & { requestId?: string } };
  if (answer.statusCode >= 400) {
    expect(error?.requestId).toMatch(/^req_[0-9a-z]{26}$/);
    expect(answer.headers['x-request-id']).toBe(error?.requestId);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  }
  return {
    status: answer.statusCode,
    headers: answer.headers,
    code: error?.code,
    message: error?.message,
    details: error?.details,
    body: answer.body,
  };
}
