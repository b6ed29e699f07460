/**
 * Owns: what a reseller can hand to its customers: the benefits of its own plan, less what its customers have.
 * Does not own: who has which plan (subscriptions), what was used of it (the ledger), locks (activities/).
 * Rules: R4.17 to R4.20. An assignment takes its benefits out of the pool from the moment it is made, also while it
 * is unpaid or paused, and gives them back when it ends. Of a change that is scheduled, the larger of both plans
 * counts, so that its day never finds the pool empty; of the reseller's own, the smaller. Without a plan of its
 * own a reseller has no limit.
 * Example: a pool of 10 000 messages and three customers with 3 000 each: 1 000 are free, so a fourth with 3 000 is
 * refused and told that 1 000 are free.
 */
import type { PlanFigures } from '../plan';
import { toBenefitFigures } from './partner-plan';

export const BENEFITS = ['messages', 'wa_conversations', 'team_members'] as const;
export type Benefit = (typeof BENEFITS)[number];

/** Units a month, or seats; null: without limit. */
export type Benefits = Readonly<Record<Benefit, bigint | null>>;

export const NO_BENEFITS: Benefits = { messages: 0n, wa_conversations: 0n, team_members: 0n };

/** The benefits of a plan's version, to be summed up. */
export function benefitsOf(version: PlanFigures): Benefits {
  const figures = toBenefitFigures(version);
  return forEachBenefit((benefit) => {
    const figure = figures[benefit];
    return figure === null ? null : BigInt(figure);
  });
}

/** So many customers have a plan, or have it and another one on the schedule. */
export interface Assigned {
  readonly customers: bigint;
  readonly current: Benefits;
  readonly scheduled: Benefits | null;
}

/** What customers have taken out of the pool. */
export function sumAllocated(assigned: readonly Assigned[]): Benefits {
  return forEachBenefit((benefit) =>
    assigned
      .map(({ customers, current, scheduled }) =>
        times(
          customers,
          scheduled === null ? current[benefit] : larger(current[benefit], scheduled[benefit]),
        ),
      )
      .reduce(add, 0n),
  );
}

/** The pool of a reseller's own plan; the smaller of both where a change of it is scheduled. */
export function poolOf({ current, scheduled }: Omit<Assigned, 'customers'>): Benefits {
  return forEachBenefit((benefit) =>
    scheduled === null ? current[benefit] : smaller(current[benefit], scheduled[benefit]),
  );
}

/** What the pool has left; null: without limit. Never below zero. */
export function freeIn(pool: Benefits, allocated: Benefits): Benefits {
  return forEachBenefit((benefit) => {
    const [total, taken] = [pool[benefit], allocated[benefit]];
    if (total === null) return null;
    return taken === null || taken > total ? 0n : total - taken;
  });
}

export interface PoolShortage {
  readonly benefit: Benefit;
  readonly free: bigint;
}

/** The first benefit of which the pool has less left than is wanted; null: it has enough of all. */
export function findShortage(
  pool: Benefits,
  { allocated, wanted }: { readonly allocated: Benefits; readonly wanted: Benefits },
): PoolShortage | null {
  const free = freeIn(pool, allocated);
  for (const benefit of BENEFITS) {
    const [total, needed] = [pool[benefit], add(allocated[benefit], wanted[benefit])];
    if (total === null || (needed !== null && needed <= total)) continue;
    return { benefit, free: free[benefit] ?? 0n };
  }
  return null;
}

/** "the pool has 1000 messages left, and the plan takes 3000". */
export function describeShortage({ benefit, free }: PoolShortage, wanted: Benefits): string {
  const asked = wanted[benefit];
  return `the pool has ${free} ${describeBenefit(benefit)} left, and the plan takes ${asked ?? 'any number of them'}`;
}

/** "WhatsApp conversations". */
export function describeBenefit(benefit: Benefit): string {
  return benefit.replaceAll('_', ' ').replace('wa ', 'WhatsApp ');
}

function forEachBenefit(figureOf: (benefit: Benefit) => bigint | null): Benefits {
  return {
    messages: figureOf('messages'),
    wa_conversations: figureOf('wa_conversations'),
    team_members: figureOf('team_members'),
  };
}

function add(left: bigint | null, right: bigint | null): bigint | null {
  return left === null || right === null ? null : left + right;
}

function times(count: bigint, figure: bigint | null): bigint | null {
  return figure === null ? null : figure * count;
}

function larger(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return null;
  return left > right ? left : right;
}

function smaller(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return left ?? right;
  return left < right ? left : right;
}
