import { execFileSync } from 'node:child_process';
import { curlCommand } from './curl-command.js';

/** The arguments that a shell gives to curl, when a function stands in its place. */
function argumentsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('curlCommand', () => {
  it.each([
    'jane@example.com',
    `o'brien@example.com`,
    `x'$(touch$IFS/tmp/pwned)'@example.com`,
    '`id`"\\$HOME!@example.com',
  ])('brings %s through a shell as it is', (email) => {
    const command = curlCommand('http://127.0.0.1:3000/api/v1/auth/register', { email });
    const [, , url, , , , json] = argumentsOf(command);
    expect(url).toBe('http://127.0.0.1:3000/api/v1/auth/register');
    expect(JSON.parse(json ?? '')).toEqual({ email });
  });
});
