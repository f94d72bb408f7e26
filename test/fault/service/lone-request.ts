import { get as httpGet, request as httpRequest } from 'node:http';

/**
 * Sends a GET on a connection of its own, so that each one may come to another process of the service.
 *
 * @returns the status
 * @throws Error when there is no answer
 */
export function get(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false, timeout: 10_000 }, (response) => {
      response
        .resume()
        .once('end', () => resolve(response.statusCode ?? 0))
        .once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no answer in 10 s'))).once('error', reject);
  });
}

/**
 * Begins a POST of JSON and holds its body back.
 *
 * @returns once the service has received the headers: sends the body and gives the status
 */
export function beginPost(url: string, token: string, body: object): Promise<() => Promise<number>> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      expect: '100-continue',
    };
    const request = httpRequest(url, { method: 'POST', agent: false, headers });
    const answer = new Promise<number>((answered, failed) => {
      request
        .once('response', (response) => answered(response.resume().statusCode ?? 0))
        .once('error', failed);
    });
    answer.catch(reject);
    request.once('continue', () =>
      resolve(() => {
        request.end(JSON.stringify(body));
        return answer;
      }),
    );
    request.flushHeaders();
  });
}
