import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { User } from './user.entity.js';

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  findById(id: string): Promise<User | null> {
    return this.database.manager.findOneBy(User, { id });
  }

  /** E-mail addresses are compared without regard to case, as the unique index does. */
  findByEmail(email: string): Promise<User | null> {
    return this.database.manager
      .createQueryBuilder(User, 'person')
      .where('lower(person.email) = lower(:email)', { email })
      .getOne();
  }

  async anyExists(transaction: Transaction): Promise<boolean> {
    return transaction.manager.exists(User, { where: {} });
  }

  async insert(transaction: Transaction, user: User): Promise<void> {
    await transaction.manager.insert(User, user);
  }

  /** Changes fields of a locked or fresh row and counts the revision. */
  async update(
    transaction: Transaction,
    id: string,
    fields: Partial<Pick<User, 'name' | 'passwordHash' | 'isSuperuser'>>,
  ): Promise<void> {
    await transaction.manager.update(
      User,
      { id },
      { ...fields, revision: () => 'revision + 1', updatedAt: new Date() },
    );
  }

  lock(transaction: Transaction, id: string): Promise<User | null> {
    return transaction.manager.findOne(User, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }
}
