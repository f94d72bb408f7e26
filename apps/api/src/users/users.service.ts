import { Injectable } from '@nestjs/common';
import { hashPassword, type PasswordRequest } from '@credvault/crypto/passwords.js';
import type { Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { canonicalAddress } from '@credvault/mail/mail-address.js';
import type { User } from './user.entity.js';
import { EmailTaken, UserNotFound } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

export interface NewUser {
  email: string;
  name: string;
  /** A hash made by `hashPassword`, outside the transaction, because it takes time; null for somebody without a password. */
  passwordHash: string | null;
  isSuperuser: boolean;
}

/** People and their passwords. */
@Injectable()
export class UsersService {
  constructor(private readonly users: UsersRepository) {}

  /** @throws UserNotFound */
  async get(id: string): Promise<User> {
    const user = await this.users.findById(id);
    if (!user) throw new UserNotFound();
    return user;
  }

  /** The account of an e-mail address, however its domain is spelled. */
  findByEmail(email: string): Promise<User | null> {
    return this.users.findByEmail(email, canonicalAddress(email));
  }

  anyExists(transaction: Transaction): Promise<boolean> {
    return this.users.anyExists(transaction);
  }

  /** Whether the first account still has to be made. */
  async hasNoAccount(): Promise<boolean> {
    return !(await this.users.anyExists());
  }

  /** @throws EmailTaken */
  async create(transaction: Transaction, fields: NewUser): Promise<User> {
    const now = new Date();
    const user: User = { id: newUuid(), ...fields, revision: 1, createdAt: now, updatedAt: now };
    try {
      await this.users.insert(transaction, user);
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new EmailTaken();
      throw error;
    }
    return user;
  }

  /** Renames a user whose present state matches `ifMatch`. */
  async rename(
    transaction: Transaction,
    id: string,
    name: string,
    ifMatch: string | undefined,
  ): Promise<User> {
    const user = await this.users.lock(transaction, id);
    if (!user) throw new UserNotFound();
    assertPrecondition(ifMatch, publicId('user', id), user.revision);
    await this.users.update(transaction, id, { name });
    return { ...user, name, revision: user.revision + 1 };
  }

  /** Replaces the password, whatever it is, by one whose hash was made with `hashNewPassword`. */
  async setPasswordHash(transaction: Transaction, id: string, passwordHash: string): Promise<void> {
    await this.users.replacePasswordHash(transaction, id, passwordHash);
  }

  /** As `setPasswordHash`, for a user as they were when they proved their password; false when it is another by now. */
  async changePasswordHash(transaction: Transaction, proved: User, passwordHash: string): Promise<boolean> {
    if (proved.passwordHash === null) return false;
    return this.users.replacePasswordHash(transaction, proved.id, passwordHash, proved.passwordHash);
  }

  /**
   * Whether a user still has the password that was proved. If so, a change of it waits until this transaction ends, and
   * finds what this transaction made.
   */
  holdPassword(transaction: Transaction, proved: User): Promise<boolean> {
    return this.users.holdPasswordHash(transaction, proved.id, proved.passwordHash);
  }

  /** The user as they are, whom nobody else changes before this transaction ends; null when there is none. */
  hold(transaction: Transaction, id: string): Promise<User | null> {
    return this.users.lock(transaction, id);
  }

  /** Whether a user still has the address they were found with. If so, a change of it waits until this transaction ends. */
  holdEmail(transaction: Transaction, found: User): Promise<boolean> {
    return this.users.holdEmail(transaction, found.id, found.email);
  }

  /**
   * Gives a user another e-mail address.
   *
   * @returns the address before
   * @throws UserNotFound, EmailTaken
   */
  async changeEmail(transaction: Transaction, id: string, email: string): Promise<string> {
    const user = await this.users.lock(transaction, id);
    if (!user) throw new UserNotFound();
    try {
      await this.users.update(transaction, id, { email });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new EmailTaken();
      throw error;
    }
    return user.email;
  }

  async promote(transaction: Transaction, id: string): Promise<void> {
    await this.users.update(transaction, id, { isSuperuser: true });
  }

  /**
   * Checks and hashes a new password; throws BAD_REQUEST for one that is too short, too long or too common, RATE_LIMITED
   * and UNAVAILABLE when too many are waiting.
   */
  hashNewPassword(password: string, request: PasswordRequest): Promise<string> {
    return hashPassword(password, request);
  }
}
