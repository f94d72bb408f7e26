import 'reflect-metadata';
import { explainFailure } from './runtime/explain-failure.js';

/** Serves HTTP with the settings of the environment; what goes wrong is said in words, and exits with 1. */
async function main(): Promise<void> {
  const { serve } = await import('./serve.js');
  await serve({ environment: process.env });
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`\n${explainFailure(error)}\n`);
    process.exit(1);
  },
);
