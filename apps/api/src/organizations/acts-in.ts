import type { Actor } from '@credvault/access/actor.js';
import { OrganizationNotFound } from './organizations.errors.js';

/**
 * The organization that the actor acts in is the only one they may know of.
 *
 * @param organizationId the one that a request names, as UUID; undefined for what is no id of an organization
 * @throws OrganizationNotFound
 */
export function assertActsIn(actor: Actor, organizationId: string | undefined): void {
  if (organizationId !== actor.organizationId) throw new OrganizationNotFound();
}
