import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { User } from './user.entity.js';

const selectAny = `SELECT 1 FROM users LIMIT 1`;

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  findById(id: string): Promise<User | null> {
    return this.database.manager.findOneBy(User, { id });
  }

  /**
   * E-mail addresses are compared without regard to case, as the unique index does.
   *
   * @param typed as it was given: accounts made before domains had one spelling have it so
   * @param canonical with its domain in that spelling
   */
  findByEmail(typed: string, canonical: string): Promise<User | null> {
    return this.database.manager
      .createQueryBuilder(User, 'person')
      .where('lower(person.email) IN (lower(:typed), lower(:canonical))', { typed, canonical })
      .orderBy('lower(person.email) = lower(:typed)', 'DESC')
      .getOne();
  }

  /** @param transaction the one the caller is in, if it is in one */
  async anyExists(transaction?: Transaction): Promise<boolean> {
    const rows = await (transaction ? transaction.rows(selectAny) : this.database.rows(selectAny));
    return rows.length > 0;
  }

  async insert(transaction: Transaction, user: User): Promise<void> {
    await transaction.manager.insert(User, user);
  }

  /** Changes fields of a locked or fresh row and counts the revision. */
  async update(
    transaction: Transaction,
    id: string,
    fields: Partial<Pick<User, 'name' | 'email' | 'isSuperuser'>>,
  ): Promise<void> {
    await transaction.manager.update(
      User,
      { id },
      { ...fields, revision: () => 'revision + 1', updatedAt: new Date() },
    );
  }

  /**
   * Replaces the hash of a password.
   *
   * @param expected the hash it must still have; undefined: whatever it has
   * @returns false when it has another one by now
   */
  async replacePasswordHash(
    transaction: Transaction,
    id: string,
    passwordHash: string,
    expected?: string,
  ): Promise<boolean> {
    const rows = await transaction.rows(
      `UPDATE users SET password_hash = $2, revision = revision + 1, updated_at = now()
       WHERE id = $1 AND password_hash IS NOT DISTINCT FROM coalesce($3, password_hash) RETURNING id`,
      [id, passwordHash, expected],
    );
    return rows.length > 0;
  }

  /** Whether a user has this hash, or still none for null, which then nobody changes before the transaction ends. */
  async holdPasswordHash(
    transaction: Transaction,
    id: string,
    passwordHash: string | null,
  ): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM users WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 FOR SHARE`,
      [id, passwordHash],
    );
    return rows.length > 0;
  }

  /** Whether a user has this address, spelled so, which then nobody changes before the transaction ends. */
  async holdEmail(transaction: Transaction, id: string, email: string): Promise<boolean> {
    const rows = await transaction.rows(`SELECT 1 FROM users WHERE id = $1 AND email = $2 FOR SHARE`, [
      id,
      email,
    ]);
    return rows.length > 0;
  }

  lock(transaction: Transaction, id: string): Promise<User | null> {
    return transaction.manager.findOne(User, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }
}
