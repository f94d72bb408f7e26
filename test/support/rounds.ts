/**
 * How often a race is run: 20 times in `npm test`, and as `RACE_ROUNDS` says where it is set (`npm run test:race`). What takes it
 * has `race` in its title, by which that command finds it.
 */
export const rounds = Number(process.env['RACE_ROUNDS'] ?? 20);
