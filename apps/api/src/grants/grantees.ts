import { Injectable } from '@nestjs/common';
import { holdMember } from '@credvault/access/held-member.js';
import { memberIdOf } from '@credvault/access/member-id.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { UnknownMember } from '../teams/teams.errors.js';
import { TeamsService } from '../teams/teams.service.js';
import type { CreateGrantDto } from './grant.dto.js';
import { OneGranteeNeeded, UnknownKey, UnknownTeam, type GranteePath } from './grants.errors.js';
import type { GrantView } from './grants.repository.js';
import { KeyGranteesPort, type GrantedKey, type KeyGrantWish } from './key-grantees.js';

/** To whom something is granted. */
export type Grantee = Pick<GrantView, 'userId' | 'teamId' | 'apiKeyId' | 'granteeId' | 'memberKind' | 'name'>;

type Named = Pick<CreateGrantDto, GranteePath>;

const granteePaths: readonly GranteePath[] = ['memberId', 'teamId', 'keyId'];

/** To whom something can be granted. */
@Injectable()
export class Grantees {
  constructor(
    private readonly teams: TeamsService,
    private readonly keys: KeyGranteesPort,
  ) {}

  /**
   * Whom a request names, who then stays until the transaction ends.
   *
   * @param wish what they shall be granted
   * @throws UnknownMember, UnknownTeam; UnknownKey and as `KeyGrantees.holdToGrant`
   */
  async hold(
    transaction: Transaction,
    actor: Actor,
    { memberId, teamId, keyId }: Named,
    wish: KeyGrantWish,
  ): Promise<Grantee> {
    const { organizationId } = actor;
    const nobody = { userId: null, teamId: null, apiKeyId: null, memberKind: null };
    if (keyId !== undefined) {
      const { id, name } = await this.holdKey(transaction, actor, uuidOf('apiKey', keyId), wish);
      return { ...nobody, apiKeyId: id, granteeId: id, name };
    }
    if (memberId !== undefined) {
      const member = await holdMember(transaction, organizationId, memberId);
      if (!member) throw new UnknownMember();
      const { id, kind, name } = member;
      return { ...nobody, userId: id, granteeId: id, memberKind: kind, name };
    }
    const id = uuidOf('team', teamId ?? '');
    const team = id === undefined ? undefined : await this.teams.hold(transaction, organizationId, id);
    if (!team) throw new UnknownTeam();
    return { ...nobody, teamId: team.id, granteeId: team.id, name: team.name };
  }

  /** @throws UnknownKey and as `KeyGrantees.holdToGrant` */
  async holdKey(
    transaction: Transaction,
    actor: Actor,
    id: string | undefined,
    wish: KeyGrantWish,
  ): Promise<GrantedKey> {
    const key = id === undefined ? undefined : await this.keys.holdToGrant(transaction, actor, id, wish);
    if (!key) throw new UnknownKey();
    return key;
  }
}

/** @throws OneGranteeNeeded */
export function assertOneGrantee(fields: Named): void {
  const [first, ...others] = granteePaths.filter((path) => fields[path] !== undefined);
  if (first === undefined || others.length > 0) throw new OneGranteeNeeded(others[0] ?? 'memberId');
}

/** Which field names somebody to whom something is granted. */
export function pathOf({ teamId, apiKeyId }: Pick<Grantee, 'teamId' | 'apiKeyId'>): GranteePath {
  if (apiKeyId !== null) return 'keyId';
  return teamId === null ? 'memberId' : 'teamId';
}

/** Whom a grant is for, as its records say it. */
export function granteeDetails({ granteeId, apiKeyId, memberKind }: Grantee): Record<string, string> {
  if (apiKeyId !== null) return { keyId: publicId('apiKey', apiKeyId) };
  return memberKind === null
    ? { teamId: publicId('team', granteeId) }
    : { memberId: memberIdOf(memberKind, granteeId) };
}
