import { codeSamples, type SampleRequest } from './code-samples.js';

const request: SampleRequest = {
  method: 'POST',
  url: 'http://127.0.0.1:3000/api/v1/things',
  body: { name: "Jane's lamp", tags: [], on: true, owner: null },
  authorized: true,
  answer: 'json',
  bodies: 'enveloped',
};

function sourceOf(lang: string, changes: Partial<SampleRequest> = {}): string {
  return codeSamples({ ...request, ...changes }).find((sample) => sample.lang === lang)?.source ?? '';
}

describe('codeSamples', () => {
  it('writes curl, with quotes that a shell reads back', () => {
    expect(sourceOf('Shell')).toBe(
      [
        "curl -X POST 'http://127.0.0.1:3000/api/v1/things' \\",
        '  -H "Authorization: Bearer $CREDVAULT_TOKEN" \\',
        '  -H "Content-Type: application/json" \\',
        `  -d '{"name":"Jane'\\''s lamp","tags":[],"on":true,"owner":null}'`,
      ].join('\n'),
    );
  });

  it('writes JavaScript that parses', () => {
    const source = sourceOf('JavaScript');
    expect(() => new Function(`return async () => { ${source} };`)).not.toThrow();
    expect(source).toContain('Authorization: `Bearer ${process.env.CREDVAULT_TOKEN}`');
    expect(source).toContain('"name": "Jane\'s lamp"');
  });

  it('writes the literals of Python', () => {
    expect(sourceOf('Python')).toContain(
      [
        '    json={',
        '        "name": "Jane\'s lamp",',
        '        "tags": [],',
        '        "on": True,',
        '        "owner": None,',
        '    },',
      ].join('\n'),
    );
  });

  it('leaves out what a request has not', () => {
    const bare = { body: undefined, authorized: false, answer: 'nothing' } as const;
    for (const { source } of codeSamples({ ...request, ...bare })) {
      expect(source).not.toMatch(/CREDVAULT_TOKEN|Content-Type|json/);
    }
    expect(sourceOf('Shell', bare)).toBe("curl -X POST 'http://127.0.0.1:3000/api/v1/things'");
  });

  it('sends key and secret to the cloud-style API, whose answers are bare', () => {
    const bare = { bodies: 'bare' } as const;
    expect(sourceOf('Shell', bare)).toContain('-u "$CREDVAULT_KEY:$CREDVAULT_SECRET"');
    expect(sourceOf('JavaScript', bare)).toContain('const answer = await response.json();');
    expect(sourceOf('Python', bare)).toContain(
      'auth=(os.environ["CREDVAULT_KEY"], os.environ["CREDVAULT_SECRET"]),',
    );
  });

  it('reads a file as text', () => {
    expect(sourceOf('JavaScript', { answer: 'text' })).toContain('await response.text();');
    expect(sourceOf('Python', { answer: 'text' })).toContain('text = response.text');
  });
});
