/**
 * Owns: call minutes as their owner sees them: total, remaining, the part that is used in percent.
 * Does not own: the seconds (buckets of the ledger), how a call is rounded (call-duration.ts), bundles
 * (package/).
 * Rules: R2.03 (minutes outside, seconds inside), R2.05 (two decimals; nothing of nothing is 0.00; more
 * than all is told as it is), R2.06.
 * Example: a plan of 1 000 minutes of which 15 636 seconds are used: 739 minutes remain, "26.06" percent
 * are used. 1 303 of 5 000 minutes are the same part.
 */
import { SECONDS_PER_MINUTE } from './package/package-units';
import { computePercent } from './percent';

export interface Minutes {
  /** Whole minutes: one that is begun is not one to spend. */
  readonly totalMinutes: bigint;
  readonly remainingMinutes: bigint;
  /** "26.06": of the seconds, not of the minutes shown. */
  readonly usedPercent: string;
}

/** What is left of some seconds, in minutes. What is held for a call under way is not left. */
export function computeMinutes(seconds: {
  readonly total: bigint;
  readonly remaining: bigint;
}): Minutes {
  const { total, remaining } = seconds;
  return {
    totalMinutes: total / SECONDS_PER_MINUTE,
    remainingMinutes: remaining / SECONDS_PER_MINUTE,
    usedPercent: computePercent({ part: total - remaining, whole: total }),
  };
}
