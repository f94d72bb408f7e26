/**
 * A POST of JSON as a command to paste into a POSIX shell. Nothing in single quotes means anything to the shell but the
 * single quote, which JSON can write as an escape (RFC 8259, section 7).
 *
 * @param url origin and path; it needs no quoting
 */
export function curlCommand(url: string, body: object): string {
  const json = JSON.stringify(body).replaceAll("'", '\\u0027');
  return `  curl -X POST ${url} -H 'Content-Type: application/json' \\\n    -d '${json}'`;
}
