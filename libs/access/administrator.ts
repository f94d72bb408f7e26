import { AdministratorRequired } from './access.errors.js';
import type { Principal } from './actor.js';

/**
 * For services whose work is an administrator's alone: the guard has asked the same of the route
 * (`@RequiresAdministrator`), and the service does not depend on its having been asked.
 *
 * @throws AdministratorRequired
 */
export function assertAdministrator(actor: Principal): void {
  if (!actor.isSuperuser) throw new AdministratorRequired();
}
