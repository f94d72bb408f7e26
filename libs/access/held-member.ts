import type { Transaction } from '@credvault/database/database.js';
import { parseMemberId, type MemberKind } from './member-id.js';

/** A member of an organization. */
export interface HeldMember {
  /** UUID of the person or service account. */
  id: string;
  kind: MemberKind;
  name: string;
}

/**
 * The member of an organization that a public id names, who then stays one until the transaction ends; undefined when the
 * text names no member of it.
 */
export async function holdMember(
  transaction: Transaction,
  organizationId: string,
  text: string,
): Promise<HeldMember | undefined> {
  const named = parseMemberId(text);
  if (!named) return undefined;
  const [member] = await transaction.rows<HeldMember>(
    `SELECT u.id, u.kind, u.name FROM memberships m JOIN users u ON u.id = m.user_id
     WHERE m.organization_id = $1 AND m.user_id = $2 AND u.kind = $3 FOR KEY SHARE OF m`,
    [organizationId, named.uuid, named.kind],
  );
  return member;
}
