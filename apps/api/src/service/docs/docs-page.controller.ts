import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, Param, Res, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '@credvault/access/rules.js';
import { DomainError } from '@credvault/http/domain-error.js';
import { docsPage, docsScript } from './docs-page.js';

const distribution = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The page's own script and the files of Swagger UI it uses, with their media types; nothing else is served. */
const files: Record<string, string> = {
  'docs.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** Scripts, styles and requests of this very service only: the page shows text that users wrote. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Swagger UI. The page itself says nothing about the service; with private documents it asks for a token first. */
@ApiExcludeController()
@Controller('docs')
export class DocsPageController {
  @Get()
  @Public()
  @Header('content-security-policy', policy)
  @Header('content-type', 'text/html; charset=utf-8')
  page(): StreamableFile {
    return new StreamableFile(Buffer.from(docsPage), { type: 'text/html; charset=utf-8' });
  }

  @Get(':file')
  @Public()
  file(@Param('file') name: string, @Res({ passthrough: true }) reply: FastifyReply): StreamableFile {
    const type = Object.hasOwn(files, name) ? files[name] : undefined;
    if (type === undefined) throw new DomainError('NOT_FOUND', 'There is no such file.');
    reply.header('content-security-policy', policy).header('cache-control', 'public, max-age=3600');
    if (name === 'docs.js') return new StreamableFile(Buffer.from(docsScript), { type });
    return new StreamableFile(createReadStream(join(distribution, name)), { type });
  }
}
