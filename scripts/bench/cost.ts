/** Owns: what rounds of work cost, and how that is told. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpuMsOfTree } from './cpu';

/** What some work took: wall clock, and CPU of PostgreSQL and of this process. */
export interface Cost {
  readonly count: number;
  readonly wallMs: number;
  readonly postgresMs: number;
  readonly nodeMs: number;
}

/** Does some work and answers what it cost; `work` answers how many things it did. */
export async function measure(postgresPid: number, work: () => Promise<number>): Promise<Cost> {
  collectGarbage();
  const postgresBefore = cpuMsOfTree(postgresPid);
  const nodeBefore = process.cpuUsage();
  const startedAt = performance.now();
  const count = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(nodeBefore);
  const postgresMs = cpuMsOfTree(postgresPid) - postgresBefore;
  return { count, wallMs, postgresMs, nodeMs: (user + system) / 1_000 };
}

/** What was left behind by whatever ran before is not this work's to sweep. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

/** The first round is a warm-up: it plans, opens the month and fills caches, and counts for nobody. */
export function withoutWarmUp(rounds: readonly Cost[]): readonly Cost[] {
  return rounds.slice(1);
}

export function perSecond(rounds: readonly Cost[]): number {
  return (total(rounds, 'count') * 1_000) / total(rounds, 'wallMs');
}

/** By time: of two rates of the same rounds, how much of `whole` `part` reaches. */
export function ratioOf(part: readonly Cost[], whole: readonly Cost[]): number {
  return toHundredths(perSecond(part) / perSecond(whole));
}

/** The same by CPU, which a busy machine hardly moves. */
export function cpuRatioOf(part: readonly Cost[], whole: readonly Cost[]): number {
  const cpuOf = (rounds: readonly Cost[]) =>
    (total(rounds, 'postgresMs') + total(rounds, 'nodeMs')) / total(rounds, 'count');
  return toHundredths(cpuOf(whole) / cpuOf(part));
}

/** Rate and CPU of some rounds, as they are printed. */
export function describeCost(rounds: readonly Cost[], noun: string): Record<string, number> {
  const count = total(rounds, 'count');
  const perItem = (of: keyof Cost) => Math.round((total(rounds, of) * 10_000) / count) / 10;
  return {
    [noun]: count,
    per_second: Math.round(perSecond(rounds)),
    per_second_in_first_round: Math.round(perSecond(rounds.slice(0, 1))),
    per_second_in_last_round: Math.round(perSecond(rounds.slice(-1))),
    cpu_us_each_postgres: perItem('postgresMs'),
    cpu_us_each_node: perItem('nodeMs'),
  };
}

export function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

function total(rounds: readonly Cost[], of: keyof Cost): number {
  return rounds.reduce((sum, round) => sum + round[of], 0);
}
