// The built service with caches that trust the invalidation channel whatever has become of it, for the negative control of
// the fault suite: a paused key goes on being accepted while the channel is cut. No setting of the service reaches this.
import 'reflect-metadata';
import { InvalidationChannel } from '../../dist/libs/database/invalidation-channel.js';
import { serve } from '../../dist/apps/api/src/serve.js';

InvalidationChannel.prototype.isHealthy = () => true;
await serve({ environment: process.env });
process.exit(0);
