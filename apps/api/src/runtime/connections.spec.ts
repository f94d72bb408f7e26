import { connectionsOf, connectionsOfAll } from './connections.js';

describe('connectionsOf', () => {
  it('gives one process and each of two the same', () => {
    expect(connectionsOf(1)).toEqual({ transactions: 16, reads: 12, audit: 1 });
    expect(connectionsOf(2)).toEqual(connectionsOf(1));
  });

  it.each([3, 4, 5, 6])('leaves room in the 100 connections of PostgreSQL with %i processes', (processes) => {
    expect(connectionsOfAll(processes)).toBeLessThanOrEqual(84);
  });

  it('never goes below what lets two organizations write at once', () => {
    expect(connectionsOf(64)).toEqual({ transactions: 8, reads: 4, audit: 1 });
  });
});
