import { newCompletionCode, spelledCode } from './completion-code.js';

describe('completion codes', () => {
  it('are eight digits that nobody mistakes for others, never the same', () => {
    const codes = Array.from({ length: 500 }, newCompletionCode);
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}$/);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('are the same however they are typed', () => {
    expect(spelledCode('K3F9-01MZ')).toBe('k3f901mz');
    expect(spelledCode(' k3f9 oImz ')).toBe('k3f901mz');
  });
});
