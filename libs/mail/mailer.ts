import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import pLimit from 'p-limit';
import { isMailAddress, type Mailbox } from './mailbox.js';
import { describeMailError, isFinal, MailRefused, type MailErrorDescription } from './mail-error.js';
import { MailPlaces } from './mail-places.js';
import { smtpOptions } from './smtp-server.js';

/** Text for one mailbox. */
export interface MailMessage {
  /** One address, without a name. */
  to: string;
  /** One line; control characters in it become spaces. */
  subject: string;
  /** Plain text, lines ended by `\n`. */
  text: string;
  /** Whose mail in bulk this is, such as an id of an organization that invites; absent for what an account needs. */
  bulkOf?: string;
}

/** What went wrong with a mail, as it may be logged: neither its address nor anything of its text. */
export interface MailFailure {
  /** Tries so far. */
  attempt: number;
  /** Milliseconds until the next one; undefined: there is none, the mail is lost. */
  retryAfter?: number;
  error: MailErrorDescription;
}

export interface MailerOptions {
  /** A connection string that `isSmtpUrl` takes; undefined: no mail is sent. */
  smtpUrl?: string;
  sender: Mailbox;
  onFailure: (failure: MailFailure) => void;
  /** Milliseconds between the tries, for tests. */
  retryAfter?: readonly number[];
  /** Milliseconds that a stop waits for mails under way, for tests. */
  drainWithin?: number;
}

/** Long enough for a server that restarts, and for most greylists (RFC 6647 §5 asks clients to come again after minutes). */
const usualRetries = [2_000, 30_000, 120_000, 600_000] as const;
/** Connections to the mail server at once, and how many of them mails in bulk may take. */
const connections = 4;
const connectionsInBulk = 2;
const usualDrain = 5_000;

/**
 * Sends mails, one connection each. `post` is for what happens after a commit: nobody waits for it, and what it cannot
 * deliver at once it tries again a few times. What waits is in this process's memory alone, and lost when it dies.
 */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly transport;
  private readonly turn = pLimit(connections);
  private readonly turnInBulk = pLimit(connectionsInBulk);
  private readonly places = new MailPlaces();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(private readonly options: MailerOptions) {
    this.transport =
      options.smtpUrl === undefined ? undefined : createTransport(smtpOptions(options.smtpUrl));
  }

  /** Whether there is a mail server to give mails to. */
  get isConfigured(): boolean {
    return this.transport !== undefined;
  }

  /** Sends a mail soon, without making anybody wait and without ever throwing; for `transaction.afterCommit`. */
  post(message: MailMessage): void {
    const leave = this.places.take(message.bulkOf);
    if (!leave) return this.giveUp(0, new MailRefused('too many mails are waiting'));
    const delivery = this.deliver(message).finally(() => {
      leave();
      this.underWay.delete(delivery);
    });
    this.underWay.add(delivery);
  }

  /**
   * Gives a mail to the mail server, once.
   *
   * @throws MailRefused for an address no mail is sent to, or without a mail server; else what the connection says
   */
  async send({ to, subject, text }: MailMessage): Promise<void> {
    if (!this.transport) throw new MailRefused('SMTP_URL is not set');
    if (!isMailAddress(to)) throw new MailRefused('the address is none that mails are sent to');
    const { sender } = this.options;
    await this.transport.sendMail({
      from: sender,
      // As an object, an address is taken as it is and not read as a list of addresses.
      to: { name: '', address: to },
      envelope: { from: sender.address, to: [to] },
      subject: subject.replace(/[\p{C}\u2028\u2029]+/gu, ' '),
      text,
      // RFC 3834 §5: nobody's vacation notice answers this.
      headers: { 'Auto-Submitted': 'auto-generated' },
      xMailer: false,
    });
  }

  /** Resolves once every mail that was posted is delivered or lost. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** Gives every mail that waits one last try at once; what is not delivered within 5 s is lost. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    const within = this.options.drainWithin ?? usualDrain;
    await Promise.race([this.settled(), sleep(within, undefined, { ref: false })]);
    for (const _ of this.underWay) this.giveUp(0, new MailRefused('the service has stopped'));
  }

  private async deliver(message: MailMessage): Promise<void> {
    const retries = this.options.retryAfter ?? usualRetries;
    for (let attempt = 1; ; attempt += 1) {
      const isLast = this.stopping.signal.aborted || attempt > retries.length;
      try {
        return await this.give(message);
      } catch (error) {
        const retryAfter = isLast || isFinal(error) ? undefined : retries[attempt - 1];
        if (retryAfter === undefined) return this.giveUp(attempt, error);
        this.options.onFailure({ attempt, retryAfter, error: describeMailError(error) });
        await this.wait(retryAfter);
      }
    }
  }

  private give(message: MailMessage): Promise<void> {
    const send = (): Promise<void> => this.turn(() => this.send(message));
    return message.bulkOf === undefined ? send() : this.turnInBulk(send);
  }

  /** Waits for the next try, or for the stop. */
  private async wait(delay: number): Promise<void> {
    await sleep(delay, undefined, { ref: false, signal: this.stopping.signal }).catch(() => undefined);
  }

  private giveUp(attempt: number, error: unknown): void {
    this.options.onFailure({ attempt, error: describeMailError(error) });
  }
}
