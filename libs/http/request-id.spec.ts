import { genReqId } from './request-id.js';

describe('genReqId', () => {
  it('never gives the same id twice, nor the same digit everywhere', () => {
    const ids = Array.from({ length: 5000 }, genReqId);
    expect(new Set(ids).size).toBe(5000);
    expect(ids.every((id) => /^req_[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toBe(true);
    expect(new Set(ids.join('').replaceAll('req_', '')).size).toBe(32);
  });
});
