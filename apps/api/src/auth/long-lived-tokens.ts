import { Injectable } from '@nestjs/common';

/** A credential that outlives a change of password. */
export interface TokenToReview {
  /** Public id. */
  id: string;
  name: string;
  hint: string;
  lastUsedAt: Date | null;
}

/** Lists the tokens of a person, in every organization. */
export type TokenSource = (userId: string) => Promise<TokenToReview[]>;

/** The port by which domains to the right tell auth which tokens a person should look at after a change of password. */
@Injectable()
export class LongLivedTokens {
  private readonly sources: TokenSource[] = [];

  register(source: TokenSource): void {
    this.sources.push(source);
  }

  async ofUser(userId: string): Promise<TokenToReview[]> {
    return (await Promise.all(this.sources.map((source) => source(userId)))).flat();
  }
}
