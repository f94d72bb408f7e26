import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEntry, ReceivedReveal, SecretState, VaultLedger } from './ledger.ts';
import type { ApiAnswer, ApiClient, ApiSecret, SecretPage } from './service/api-client.ts';

const readersCount = 8;
/** A vault is kept about this full, so that looking through all of it stays quick. */
const fullVault = 60;
const patience = 20_000;

/** Eight writers, each with a vault of its own, and eight readers of all vaults; runs until it is told to stop. */
export class Traffic {
  readonly reveals: ReceivedReveal[] = [];
  /** Answers that nobody should get: neither success, nor 503, nor 404 for a secret that is being deleted. */
  readonly strangeAnswers: string[] = [];
  acknowledged = 0;
  /** Requests that got no answer: the connection broke. */
  broken = 0;
  readonly #client: ApiClient;
  readonly #ledgers: VaultLedger[];
  readonly #running: Promise<void>[];
  #isStopping = false;
  static #names = 0;

  constructor(client: ApiClient, ledgers: VaultLedger[]) {
    this.#client = client;
    this.#ledgers = ledgers;
    this.#running = [
      ...ledgers.map((ledger) => this.#repeat(() => this.#write(ledger))),
      ...Array.from({ length: readersCount }, () => this.#repeat(() => this.#read())),
    ];
  }

  /** Lets every request under way end, with whatever outcome, and sends no more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  async #repeat(work: () => Promise<unknown>): Promise<void> {
    while (!this.#isStopping) if (!(await work())) await sleep(25);
  }

  #write(ledger: VaultLedger): Promise<boolean> {
    const dice = Math.random();
    const present = ledger.anyPresent();
    if (!present || (dice < 0.5 && ledger.entries.size < fullVault)) return this.#create(ledger);
    return dice < 0.85 ? this.#change(ledger, present) : this.#delete(ledger, present);
  }

  async #create(ledger: VaultLedger): Promise<boolean> {
    const key = `SECRET_${(Traffic.#names += 1)}`;
    const value = valueFor(key);
    const entry: LedgerEntry = { key, id: undefined, states: ['absent', { version: 1, value }] };
    ledger.entries.set(key, entry);
    const path = `/vaults/${ledger.vaultId}/secrets`;
    const answer = await this.#send<{ data: ApiSecret }>('POST', path, {
      key,
      value,
      notes: `notes on ${key}`,
    });
    if (answer?.status !== 201) return false;
    entry.id = answer.body.data.id;
    this.#acknowledge(entry, { version: 1, value });
    ledger.changes.push({ requestId: answer.requestId, type: 'secret.created', secretId: entry.id });
    return true;
  }

  async #change(ledger: VaultLedger, entry: LedgerEntry & { id: string }): Promise<boolean> {
    const [before] = entry.states;
    if (before === 'absent') return false;
    const after = { version: before.version + 1, value: valueFor(entry.key) };
    entry.states = [before, after];
    const path = `/vaults/${ledger.vaultId}/secrets/${entry.id}`;
    const answer = await this.#send<{ data: ApiSecret }>('PATCH', path, { value: after.value });
    if (answer?.status !== 200) return false;
    // The answer holds the stored notes, which were not sent: that is a reveal too.
    this.#receive(answer.requestId, [answer.body.data]);
    this.#acknowledge(entry, after);
    ledger.changes.push({ requestId: answer.requestId, type: 'secret.updated', secretId: entry.id });
    return true;
  }

  async #delete(ledger: VaultLedger, entry: LedgerEntry & { id: string }): Promise<boolean> {
    entry.states = [entry.states[0], 'absent'];
    const answer = await this.#send('DELETE', `/vaults/${ledger.vaultId}/secrets/${entry.id}`);
    if (answer?.status !== 204) return false;
    this.#acknowledge(entry, 'absent');
    ledger.changes.push({ requestId: answer.requestId, type: 'secret.deleted', secretId: entry.id });
    return true;
  }

  #acknowledge(entry: LedgerEntry, state: SecretState): void {
    entry.states = [state];
    this.acknowledged += 1;
  }

  #read(): Promise<boolean> {
    const ledger = this.#ledgers[Math.floor(Math.random() * this.#ledgers.length)];
    const secret = ledger?.anyPresent();
    if (!ledger || !secret) return Promise.resolve(false);
    return Math.random() < 0.8 ? this.#readOne(ledger, secret.id) : this.#readList(ledger);
  }

  async #readOne(ledger: VaultLedger, id: string): Promise<boolean> {
    const answer = await this.#send<{ data: ApiSecret }>('GET', `/vaults/${ledger.vaultId}/secrets/${id}`);
    if (answer?.status !== 200) return false;
    this.#receive(answer.requestId, [answer.body.data]);
    return true;
  }

  async #readList(ledger: VaultLedger): Promise<boolean> {
    const answer = await this.#send<SecretPage>(
      'GET',
      `/vaults/${ledger.vaultId}/secrets?limit=20&sort=-createdAt`,
    );
    if (answer?.status !== 200) return false;
    this.#receive(answer.requestId, answer.body.data);
    return true;
  }

  #receive(requestId: string, secrets: ApiSecret[]): void {
    const revealed = secrets.filter(({ value }) => value !== undefined);
    if (revealed.length > 0) this.reveals.push({ requestId, secretIds: revealed.map(({ id }) => id) });
    for (const { key, value } of revealed) {
      if (!value?.startsWith(`${key}=`))
        this.strangeAnswers.push(`the value of ${key} is that of another secret`);
    }
  }

  /** Sends a request; undefined when it was refused for the outage or its answer did not arrive: the outcome is unknown. */
  async #send<T>(method: string, path: string, body?: object): Promise<ApiAnswer<T> | undefined> {
    try {
      const answer = await this.#client.send<T>(method, path, body, AbortSignal.timeout(patience));
      if (answer.status < 300) return answer;
      const isUsual = answer.status === 503 || (answer.status === 404 && method === 'GET');
      if (!isUsual)
        this.strangeAnswers.push(`${method} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return undefined;
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        this.strangeAnswers.push(`${method} had no answer in 20 s`);
      this.broken += 1;
      return undefined;
    }
  }
}

/** A value of random length that names its secret. */
function valueFor(key: string): string {
  return `${key}=${randomBytes(8 + Math.floor(Math.random() * 200)).toString('base64url')}`;
}
