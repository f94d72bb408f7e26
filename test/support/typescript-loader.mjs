// Lets plain Node run the sources, for suites that speak with a service and for their cluster:
// node --import ./test/support/typescript-loader.mjs file.ts
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import { swcOptions } from './swc-options.mjs';

const libs = resolvePath(import.meta.dirname, '../../libs');
const packages = `${resolvePath(import.meta.dirname, '../../node_modules')}/`;

/** The source that an import of `….js` stands for, or undefined when it means what it says. */
function sourceOf(specifier, parentURL) {
  if (!specifier.endsWith('.js')) return undefined;
  const source = specifier.replace(/\.js$/, '.ts');
  if (source.startsWith('@credvault/'))
    return pathToFileURL(resolvePath(libs, source.slice('@credvault/'.length)));
  if (!source.startsWith('.') || !parentURL?.startsWith('file:')) return undefined;
  const url = new URL(source, parentURL);
  return !url.pathname.startsWith(packages) && existsSync(url) ? url : undefined;
}

registerHooks({
  resolve(specifier, context, next) {
    const source = sourceOf(specifier, context.parentURL);
    return source ? { url: source.href, format: 'module', shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:')) return next(url, context);
    const filename = fileURLToPath(url);
    if (!filename.endsWith('.ts')) return next(url, context);
    const options = { ...swcOptions, filename, sourceMaps: 'inline', swcrc: false, configFile: false };
    const { code } = transformSync(readFileSync(filename, 'utf8'), options);
    return { format: 'module', source: code, shortCircuit: true };
  },
});
