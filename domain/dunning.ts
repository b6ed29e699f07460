/**
 * Owns: what happens between a payment that fell short and the end: the retry schedule, what a saved
 * payment method pays, the notices before a renewal, and what becomes of a suspended subscription; all
 * of it data of the plan.
 * Does not own: the retry itself (subscription/), the charge of a method (subscription/collect.ts) or
 * technical retries of one call (activities).
 * A top-up always retries at once, whatever the retry schedule says: prepaid money is the main way back.
 * Rule: R1.08 and the retry schedule offered by common practice (retries after 1, 3, 5 and 7 days).
 * Example: due on 1 March with the default policy: retries on 2, 4, 6 and 8 March; the last one
 * failing suspends; 30 days later the subscription ends.
 */

/**
 * Whose money pays what the wallet does not cover. wallet_only: nobody's. missing_part: the saved method
 * pays what is missing. whole_price: it pays the whole price, and what is in the wallet stays there.
 */
export const COLLECTION_MODES = ['wallet_only', 'missing_part', 'whole_price'] as const;
export type CollectionMode = (typeof COLLECTION_MODES)[number];

/** What becomes of a suspended subscription after some days: the end, nothing, or a plan that is free. */
export const FINAL_STEPS = ['end', 'keep', 'downgrade'] as const;
export type FinalStep = (typeof FINAL_STEPS)[number];

export interface DunningPolicy {
  /** Days after the due date on which the charge is tried again; the last one failing suspends. */
  readonly retryAfterDays: readonly number[];
  /** A method that will never pay ends the retry schedule: suspended at once, whatever is left of it. */
  readonly stopsOnHardDecline: boolean;
  readonly collection: CollectionMode;
  /** Days before a renewal, the earliest first, on which a balance that does not cover it is told. */
  readonly noticeDaysBefore: readonly number[];
  readonly final: FinalStep;
  /** Days from suspension to the final step. Not read when `final` is `keep`. */
  readonly endsAfterDays: number;
  /** Code of the free plan a suspended subscription falls to; null unless `final` is `downgrade`. */
  readonly downgradesTo: string | null;
}

export const DEFAULT_DUNNING_POLICY: DunningPolicy = {
  retryAfterDays: [1, 3, 5, 7],
  stopsOnHardDecline: true,
  collection: 'missing_part',
  noticeDaysBefore: [],
  final: 'end',
  endsAfterDays: 30,
  downgradesTo: null,
};

/** A policy as it was stored, perhaps before it had all its fields: what is missing is the default. */
export function completePolicy(stored: Partial<DunningPolicy>): DunningPolicy {
  return { ...DEFAULT_DUNNING_POLICY, ...stored };
}

/** The day of the next retry, counted from the due date, or null when the retry schedule has no attempt left. */
export function findNextRetryDay(policy: DunningPolicy, retriesMade: number): number | null {
  return policy.retryAfterDays[retriesMade] ?? null;
}
