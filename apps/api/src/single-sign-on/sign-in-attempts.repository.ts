import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import type { ProvedIdentity } from './proved-identity.js';

/** Who wants to link an identity, and with which session. */
export interface Linker {
  userId: string;
  sessionId: string;
}

/** A sign-in under way. */
export interface SignInAttempt {
  organizationId: string;
  /** The configuration it began with. */
  configurationId: string;
  /** Whether the provider had to ask the person again. */
  stepsUp: boolean;
  /** Null for a sign-in; otherwise it makes a link and opens no session. */
  linker: Linker | null;
}

/** One that the provider has answered. */
export interface AnsweredAttempt extends SignInAttempt {
  codeDigest: Buffer;
  identity: ProvedIdentity;
}

interface AttemptRow {
  organization_id: string;
  configuration_id: string;
  steps_up: boolean;
  link_user_id: string | null;
  link_session_id: string | null;
  code_digest: Buffer | null;
  claims: ProvedIdentity | null;
}

const columns = `organization_id, configuration_id, steps_up, link_user_id, link_session_id, code_digest, claims`;

/** Sign-ins of one organization that may be under way: a whole company that begins within ten minutes. */
const mostUnfinished = 2_000;

/** Sign-ins under way, by the digests of the state that the provider knows and of the token that the client keeps. */
@Injectable()
export class SignInAttemptsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Stores an attempt. An organization has few at once (`mostUnfinished`): beyond, the oldest goes, so that whoever begins many in
   * its name uses up room, but keeps nobody who signs in without delay from it.
   */
  async insert(
    { state, token }: { state: Buffer; token: Buffer },
    attempt: SignInAttempt,
    expiresAt: Date,
  ): Promise<void> {
    const { organizationId, configurationId, stepsUp, linker } = attempt;
    await this.database.rows(
      `WITH gone AS (DELETE FROM single_sign_on_attempts WHERE state_digest IN (
         SELECT state_digest FROM single_sign_on_attempts WHERE organization_id = $3
         ORDER BY expires_at DESC OFFSET ${mostUnfinished - 1}))
       INSERT INTO single_sign_on_attempts (state_digest, token_digest, organization_id, configuration_id, steps_up,
         link_user_id, link_session_id, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        state,
        token,
        organizationId,
        configurationId,
        stepsUp,
        linker?.userId ?? null,
        linker?.sessionId ?? null,
        expiresAt,
      ],
    );
  }

  /** Uses a state up: of several who bring it, one gets the attempt. Another organization's is not touched. */
  async takeState(stateDigest: Buffer, organizationId: string): Promise<SignInAttempt | undefined> {
    const [row] = await this.database.rows<AttemptRow>(
      `UPDATE single_sign_on_attempts SET came_back = true
       WHERE state_digest = $1 AND organization_id = $2 AND NOT came_back AND expires_at > now() RETURNING ${columns}`,
      [stateDigest, organizationId],
    );
    return row && attemptOf(row);
  }

  /** Keeps what the provider said; false when the attempt is gone. */
  async saveAnswer(
    stateDigest: Buffer,
    { codeDigest, identity }: Pick<AnsweredAttempt, 'codeDigest' | 'identity'>,
  ): Promise<boolean> {
    const rows = await this.database.rows(
      `UPDATE single_sign_on_attempts SET code_digest = $2, claims = $3 WHERE state_digest = $1 RETURNING 1`,
      [stateDigest, codeDigest, JSON.stringify(identity)],
    );
    return rows.length > 0;
  }

  async deleteByState(stateDigest: Buffer): Promise<void> {
    await this.database.rows(`DELETE FROM single_sign_on_attempts WHERE state_digest = $1`, [stateDigest]);
  }

  /** Counts a try before it is made, so that tries at once count like tries one after the other. */
  async takeTry(tokenDigest: Buffer, mostTries: number): Promise<AnsweredAttempt | undefined> {
    const [row] = await this.database.rows<AttemptRow>(
      `UPDATE single_sign_on_attempts SET tries = tries + 1
       WHERE token_digest = $1 AND code_digest IS NOT NULL AND tries < $2 AND expires_at > now() RETURNING ${columns}`,
      [tokenDigest, mostTries],
    );
    if (!row?.code_digest || !row.claims) return undefined;
    return { ...attemptOf(row), codeDigest: row.code_digest, identity: row.claims };
  }

  /** Whether an attempt still waits for its provider. */
  async isPending(tokenDigest: Buffer): Promise<boolean> {
    const rows = await this.database.rows(
      `SELECT 1 FROM single_sign_on_attempts WHERE token_digest = $1 AND code_digest IS NULL AND expires_at > now()`,
      [tokenDigest],
    );
    return rows.length > 0;
  }

  /** Uses an attempt up: whoever gets true is the only one who does. */
  async take(transaction: Transaction, tokenDigest: Buffer): Promise<boolean> {
    const rows = await transaction.rows(
      `DELETE FROM single_sign_on_attempts WHERE token_digest = $1 RETURNING 1`,
      [tokenDigest],
    );
    return rows.length > 0;
  }
}

function attemptOf(row: AttemptRow): SignInAttempt {
  const { link_user_id: userId, link_session_id: sessionId } = row;
  return {
    organizationId: row.organization_id,
    configurationId: row.configuration_id,
    stepsUp: row.steps_up,
    linker: userId === null || sessionId === null ? null : { userId, sessionId },
  };
}
