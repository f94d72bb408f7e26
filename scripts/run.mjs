// Runs one of the built programs, building first when needed: `node scripts/run.mjs apps/api/src/commands/keys.js …`.
import { buildIfNeeded, runBuilt } from './built.mjs';

const [program, ...args] = process.argv.slice(2);
buildIfNeeded();
await runBuilt(program, args);
