// `npm start`: builds when the sources are newer than the last build, then becomes the service.
import { buildIfNeeded, runBuilt } from './built.mjs';

buildIfNeeded();
await runBuilt('apps/api/src/main.js', process.argv.slice(2));
