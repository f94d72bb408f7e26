/**
 * How often a race is run: so many times in `npm test`, and as `RACE_ROUNDS` says where it is set (`npm run test:race`).
 *
 * @param usual rounds of a run in which every round adds to the five minutes that all suites may take
 */
export function roundsOf(usual: number): number {
  return Number(process.env['RACE_ROUNDS'] ?? usual);
}
