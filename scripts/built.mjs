import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** Written after a build that went through, so that a broken one is not taken for done. */
const stamp = join(root, 'dist', '.built');
const sources = [
  'apps',
  'libs',
  'nest-cli.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

function newest(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const entries = readdirSync(path).map((name) => newest(join(path, name)));
  return Math.max(status.mtimeMs, ...entries);
}

/** Builds unless the last build is newer than every source. */
export function buildIfNeeded() {
  const isFresh =
    existsSync(stamp) && sources.every((path) => newest(join(root, path)) < statSync(stamp).mtimeMs);
  // An image for production holds the build and not the builder.
  if (isFresh || !existsSync(join(root, 'node_modules/@nestjs/cli'))) return;
  process.stdout.write('Building CredVault (a few seconds, only after a change)\n');
  build();
}

/** Builds, or exits as the compiler did. */
export function build() {
  rmSync(stamp, { force: true });
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, '');
}

/** Runs a built program in this very process, so that signals reach it directly. */
export async function runBuilt(program, args) {
  process.argv = [process.argv[0], join(root, 'dist', program), ...args];
  await import(pathToFileURL(join(root, 'dist', program)).href);
}
