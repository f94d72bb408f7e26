/** Mails that may wait; beyond it new ones are lost, and the log says so. */
const all = 1_000;
/** Of those, in bulk: somebody who waits for a new password finds a place, however many invitations there are. */
const bulk = 500;
/** Of those, by one sender: an organization whose invitations a server puts off keeps no other one from inviting. */
const bulkOfOne = 100;

/** Counts the mails that wait, and says whether one more may. What anybody can ask for in numbers gives way to everything else. */
export class MailPlaces {
  private taken = 0;
  private takenInBulk = 0;
  private readonly takenBy = new Map<string, number>();

  /**
   * @param bulkOf whose mail in bulk it is; undefined for one that an account needs
   * @returns what gives the place back; undefined when there is none
   */
  take(bulkOf?: string): (() => void) | undefined {
    if (this.taken >= all || (bulkOf !== undefined && !this.takesBulk(bulkOf))) return undefined;
    this.count(1, bulkOf);
    return () => this.count(-1, bulkOf);
  }

  private takesBulk(sender: string): boolean {
    return this.takenInBulk < bulk && (this.takenBy.get(sender) ?? 0) < bulkOfOne;
  }

  private count(change: 1 | -1, bulkOf?: string): void {
    this.taken += change;
    if (bulkOf === undefined) return;
    this.takenInBulk += change;
    const left = (this.takenBy.get(bulkOf) ?? 0) + change;
    if (left > 0) this.takenBy.set(bulkOf, left);
    else this.takenBy.delete(bulkOf);
  }
}
