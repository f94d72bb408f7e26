import path from 'node:path';
import type { Checks } from './checks.ts';
import { CrashRounds, type RoundsResult, withoutDurability } from './crash-rounds.ts';

/** A round sees dozens of writes and reads; fewer than this would prove nothing. */
const leastPerRound = 8;
/** Rounds after which the negative control gives up; nearly every one shows a loss. */
const mostControlRounds = 10;

/** kill -9 of the service under load. */
export async function checkServiceCrashes(checks: Checks, folder: string, rounds: number): Promise<void> {
  const crashes = await CrashRounds.open(path.join(folder, 'service-crashes'));
  for (let round = 0; round < rounds; round += 1) await crashes.killService();
  await crashes.close();
  reportRounds(checks, `kill -9 of the service, ${rounds} rounds`, rounds, crashes.result);
}

/** kill -9 of PostgreSQL under load, the service living on. */
export async function checkDatabaseCrashes(checks: Checks, folder: string, rounds: number): Promise<void> {
  const crashes = await CrashRounds.open(path.join(folder, 'database-crashes'));
  for (let round = 0; round < rounds; round += 1) await crashes.killDatabase();
  await crashes.close();
  reportRounds(checks, `kill -9 of PostgreSQL, ${rounds} rounds`, rounds, crashes.result);
}

/** The same with synchronous_commit=off must show a loss, or the checks above cannot see one. */
export async function checkNegativeControl(checks: Checks, folder: string): Promise<void> {
  const crashes = await CrashRounds.open(path.join(folder, 'negative-control'), withoutDurability);
  const { lost, unrecorded, secretlyRevealed } = crashes.result.findings;
  let rounds = 0;
  while (lost.length === 0 && rounds < mostControlRounds) {
    await crashes.killDatabase();
    rounds += 1;
  }
  await crashes.close();
  const found = `lost writes ${lost.length}, unrecorded changes ${unrecorded.length}, unrecorded reveals ${secretlyRevealed.length}`;
  checks.report(
    `negative control: with synchronous_commit=off, kill -9 of PostgreSQL is seen to lose data (round ${rounds}: ${found})`,
    lost.length > 0 ? [] : [`no loss was seen in ${rounds} rounds, so this suite would not see one`],
  );
}

function reportRounds(checks: Checks, what: string, rounds: number, result: RoundsResult): void {
  const { findings, acknowledged, reveals, unknownOutcomes, strangeAnswers } = result;
  const tooFew = (count: number): string[] =>
    count < rounds * leastPerRound ? [`only ${count}: too few to prove anything`] : [];
  checks.report(
    `${what}: no acknowledged write is lost (${acknowledged} acknowledged, ${unknownOutcomes} under way)`,
    [
      ...findings.lost,
      ...tooFew(acknowledged),
      ...(unknownOutcomes === 0 ? ['no write was under way when the blow fell'] : []),
    ],
  );
  checks.report(`${what}: no half write`, findings.half);
  checks.report(
    `${what}: every change has its audit record, and every record its change`,
    findings.unrecorded,
  );
  checks.report(`${what}: no value was received without its audit record (${reveals} received)`, [
    ...findings.secretlyRevealed,
    ...tooFew(reveals),
  ]);
  checks.report(`${what}: everything can be read`, findings.unreadable);
  checks.report(
    `${what}: nothing but success and 503 is answered, and the service comes back by itself`,
    strangeAnswers,
  );
}
