import { swcOptions } from './test/support/swc-options.mjs';
import { usualLimit } from './test/support/usual-limit.mjs';

/** Jest on native ES modules, compiled by swc. */
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^@credvault/(.*)\\.js$': '<rootDir>/libs/$1.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', swcOptions] },
  setupFiles: ['<rootDir>/test/support/preload.mjs'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/**
 * Suites that speak with a service; they share one PostgreSQL, and each has a database of its own. Their runner uses plain
 * Node threads that load the service once instead of once per suite, which halves the run (docs/testing.md).
 */
const withCluster = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  runner: 'jest-light-runner',
  setupFiles: ['<rootDir>/test/support/suite-thread.mjs'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

/** Unit tests share the loaded modules too; those that turn the clock (`*.clock.spec.ts`) need Jest's own environment. */
const light = {
  rootDir: import.meta.dirname,
  runner: withCluster.runner,
  setupFiles: withCluster.setupFiles,
};

/** Operator commands are processes of their own, a second each: `npm run test:commands`. */
const commands = {
  ...withCluster,
  displayName: 'commands',
  testMatch: ['<rootDir>/test/commands/**/*.commands.ts'],
};

/** What needs the machine's own redis-server is run by `npm run test:redis` alone: `npm test` needs nothing but npm. */
const redis = { ...withCluster, displayName: 'redis', testMatch: ['<rootDir>/test/redis/**/*.redis.ts'] };

export default {
  // One more than the two cores that CI has: a suite that waits would leave one of them idle.
  maxWorkers: 3,
  testTimeout: usualLimit,
  reporters: [
    'default',
    '<rootDir>/test/contract/coverage-reporter.mjs',
    '<rootDir>/test/support/count-reporter.mjs',
  ],
  projects: [
    {
      ...light,
      displayName: 'unit',
      globalSetup: '<rootDir>/test/support/read-typescript.mjs',
      testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.clock\\.spec\\.ts$'],
    },
    { ...common, displayName: 'clock', testMatch: ['<rootDir>/{apps,libs}/**/*.clock.spec.ts'] },
    { ...withCluster, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'] },
    { ...withCluster, displayName: 'security', testMatch: ['<rootDir>/test/security/**/*.security.ts'] },
    { ...withCluster, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.spec.ts'] },
    ...(process.env.CREDVAULT_TEST_REDIS ? [redis] : []),
    ...(process.env.CREDVAULT_TEST_COMMANDS ? [commands] : []),
  ],
};
