// The built service with synchronous_commit=off, for the negative control of the fault suite: an acknowledged commit may
// be lost when PostgreSQL is killed. No setting of the service reaches this.
import 'reflect-metadata';
import { serve } from '../../dist/apps/api/src/serve.js';

await serve({ environment: process.env, durability: 'off' });
process.exit(0);
