import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const loader = pathToFileURL(join(import.meta.dirname, 'typescript-loader.mjs'));

/** Lets the threads that run suites read TypeScript. */
export default function readTypeScript() {
  const options = process.env.NODE_OPTIONS ?? '';
  if (options.includes(loader.href)) return;
  process.env.NODE_OPTIONS = `${options} --enable-source-maps --import ${loader}`;
}
