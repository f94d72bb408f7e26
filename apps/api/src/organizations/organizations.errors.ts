import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The organization does not exist, or is none of the actor's business: both are answered alike. */
export class OrganizationNotFound extends ResourceNotFound {
  constructor() {
    super('organization');
  }
}
