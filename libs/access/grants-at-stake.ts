/**
 * The grants to members and teams as a table of a statement, with those of deleted vaults: a vault that is restored brings its grants
 * back, so that whoever hands out what is granted, by a role or a place in a team, hands those out too. They open nothing meanwhile.
 */
export const grantsAtStake = `(
  SELECT organization_id, user_id, team_id, vault_id, project_id, level FROM grants
  UNION ALL
  SELECT organization_id, user_id, team_id, vault_id, NULL::uuid, level FROM deleted_vault_grants
)`;
