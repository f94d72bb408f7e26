import { Agent, request } from 'node:http';

/** Sends one request after another over one connection that is kept, and costs less than `fetch` does. */
export class Asker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** @param path below `/api/v1` @returns the status, when the answer is whole @throws Error when there is none */
  ask(method: 'GET' | 'POST', path: string, token: string, forwardedFor?: string): Promise<number> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}/api/v1${path}`,
        { method, headers, agent: this.#agent },
        (answer) => {
          answer
            .resume()
            .once('end', () => resolve(answer.statusCode ?? 0))
            .once('error', reject);
        },
      );
      sent.once('error', reject).end();
    });
  }

  /** As `ask`, for an answer that must have this status. @returns how long it took, in milliseconds */
  async time(expected: number, ...question: Parameters<Asker['ask']>): Promise<number> {
    const begin = performance.now();
    const status = await this.ask(...question);
    const took = performance.now() - begin;
    if (status !== expected)
      throw new Error(`${question[0]} ${question[1]} answered ${status}, not ${expected}`);
    return took;
  }

  close(): void {
    this.#agent.destroy();
  }
}
