/**
 * Owns: when a reseller is told that little of its pool is left, and in what words.
 * Does not own: what the pool holds and what is given of it (pool.ts).
 * Rules: told when four fifths of a benefit are given, once each time that line is crossed, whether more was given or
 * the pool became smaller; and again only after it was below.
 * Example: of 10 000 messages 6 000 are given; a plan with 3 000 more: 9 000 of 10 000, told. The next with 1 000: not.
 */
import type { EventOf } from '../event';
import { BENEFITS, describeBenefit, freeIn, type Benefit, type Benefits } from './pool';

/** A pool, and what of it customers have. */
export interface PoolUse {
  readonly total: Benefits;
  readonly allocated: Benefits;
}

/**
 * An event for each benefit that is low now and was not; `before` is null when there was no pool, and no limit.
 * `causedBy` is the assignment that was made or changed.
 */
export function findRunningLow(
  { before, after }: { readonly before: PoolUse | null; readonly after: PoolUse },
  causedBy: string,
): EventOf<'partner_plan'>[] {
  return BENEFITS.flatMap((benefit) => {
    if ((before !== null && isLow(before, benefit)) || !isLow(after, benefit)) return [];
    const [total, allocated] = [after.total[benefit], after.allocated[benefit]];
    const free = freeIn(after.total, after.allocated)[benefit];
    const reason = `${allocated ?? 'any number'} of ${total} ${describeBenefit(benefit)} of the pool are given to customers: ${free} are left`;
    return [
      {
        type: 'partner_plan.pool_low',
        reason,
        data: {
          benefit,
          total: toFact(total),
          allocated: toFact(allocated),
          free: toFact(free),
          caused_by: causedBy,
        },
      },
    ];
  });
}

function isLow({ total, allocated }: PoolUse, benefit: Benefit): boolean {
  const [held, given] = [total[benefit], allocated[benefit]];
  if (held === null || held === 0n) return false;
  return given === null || given * 5n >= held * 4n;
}

function toFact(figure: bigint | null): number | null {
  return figure === null ? null : Number(figure);
}
