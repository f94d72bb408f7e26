import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The vault does not exist, or is none of the actor's business: both are answered alike. */
export class VaultNotFound extends ResourceNotFound {
  constructor() {
    super('vault');
  }
}
