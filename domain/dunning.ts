/**
 * Owns: what happens between a payment that fell short and the end: the retry ladder, as data.
 * Does not own: the retry itself (subscription.ts) or technical retries of one call (activities).
 * A top-up always retries at once, whatever the ladder says: prepaid money is the main way back.
 * Rule: R1.08 and the ladder offered by common practice (retries after 1, 3, 5 and 7 days).
 * Example: due on 1 March with the default policy: retries on 2, 4, 6 and 8 March; the last one
 * failing suspends; 30 days later the subscription ends.
 */
export interface DunningPolicy {
  /** Days after the due date on which the charge is tried again; the last one failing suspends. */
  readonly retryAfterDays: readonly number[];
  /** What becomes of a suspended subscription: it ends after some days, or is kept for ever. */
  readonly final: 'end' | 'keep';
  /** Days from suspension to the end. Only read when `final` is `end`. */
  readonly endsAfterDays: number;
}

export const DEFAULT_DUNNING_POLICY: DunningPolicy = {
  retryAfterDays: [1, 3, 5, 7],
  final: 'end',
  endsAfterDays: 30,
};

/** The day of the next retry, counted from the due date, or null when the ladder has no rung left. */
export function findNextRetryDay(policy: DunningPolicy, retriesMade: number): number | null {
  return policy.retryAfterDays[retriesMade] ?? null;
}
