import type { Actor } from '@credvault/access/actor.js';
import { OrganizationNotFound } from '../organizations/organizations.errors.js';

/** The organization that the actor acts in is the only one they may know of. @throws OrganizationNotFound */
export function assertActsIn(actor: Actor, organizationId: string): void {
  if (organizationId !== actor.organizationId) throw new OrganizationNotFound();
}
