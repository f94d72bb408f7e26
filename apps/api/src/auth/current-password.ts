import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { WrongPassword } from './auth.errors.js';
import { SignInLimits } from './sign-in-limits.js';

/** Lets somebody who has a session prove that it is they who sit before it. */
@Injectable()
export class CurrentPassword {
  constructor(
    private readonly users: UsersService,
    private readonly limits: SignInLimits,
  ) {}

  /**
   * The actor's account, as it was when the password was compared; what follows must hold it to that (`holdPassword`).
   *
   * @throws WrongPassword, TooManyAttempts
   */
  async prove(actor: Actor, password: string): Promise<User> {
    const user = await this.users.get(actor.userId);
    const block = addressBlock(actor.origin.ip);
    const guess = { account: { userId: user.id }, block, isKnownAddress: true };
    const proved = await this.limits.guard(guess, () =>
      verifyPassword(user.passwordHash, password, { addressBlock: block }),
    );
    if (!proved) throw wrongPassword(actor);
    return user;
  }
}

/** The refusal of a wrong present password, which the trail tells from one for a missing scope. */
export function wrongPassword(actor: Actor): WrongPassword {
  actor.origin.remark = 'wrong password';
  return new WrongPassword();
}
