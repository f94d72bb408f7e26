import type { INestApplicationContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readSettings } from '@credvault/config/settings.js';
import { AuthModule } from '../auth/auth.module.js';
import { CoreModule } from '../core.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { explainFailure } from '../runtime/explain-failure.js';
import { createLogger } from '../runtime/logger.js';
import { openRuntime } from '../runtime/open-runtime.js';
import type { Runtime } from '../runtime/runtime.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { UsersModule } from '../users/users.module.js';

/** A command that was called wrongly, or cannot be done. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** What a command works with. */
export interface Operator {
  runtime: Runtime;
  get: <T>(service: Type<T>) => T;
  say: (line: string) => void;
}

@Module({})
class OperatorModule {}

/**
 * Runs one command of the operator on the database of the settings, which may be in use by the service at the same time,
 * and exits: 0, or 1 with a sentence that says why not.
 */
export function runCommand(command: (operator: Operator, args: string[]) => Promise<void>): void {
  execute(command).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${explainFailure(error)}\n`);
      process.exit(1);
    },
  );
}

async function execute(command: (operator: Operator, args: string[]) => Promise<void>): Promise<void> {
  const settings = readSettings(process.env);
  const logger = createLogger('warn');
  const runtime = await openRuntime({ settings, logger, forCommand: true });
  let context: INestApplicationContext | undefined;
  try {
    const imports = [
      CoreModule.forRuntime(runtime),
      UsersModule,
      OrganizationsModule,
      AuthModule,
      SecretsModule,
    ];
    context = await NestFactory.createApplicationContext(
      { module: OperatorModule, imports },
      { logger: false },
    );
    const services = context;
    const operator: Operator = {
      runtime,
      get: (service) => services.get(service, { strict: false }),
      say: (line) => void process.stdout.write(`${line}\n`),
    };
    await command(operator, process.argv.slice(2));
  } finally {
    await context?.close();
    await runtime.close();
  }
}
