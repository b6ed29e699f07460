/**
 * Owns: when a webhook that was not accepted is tried again, and when it is given up.
 * Does not own: what accepted means (gateways/webhooks/send-webhook.ts), endpoints that fail for days (endpoint-health.ts).
 * The source of the rule: Standard Webhooks, "Deliverability and reliability".
 * Example: the first retry comes 15 to 18 s after a failure; the tenth failure, a day later, is the last.
 */
import { addSeconds, type Instant } from '../instant';

const MINUTE = 60;
const HOUR = 3_600;

/** At least so long after each failure; a day and six minutes in all. */
export const RETRY_SECONDS = [
  15,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  45 * MINUTE,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  11 * HOUR,
] as const;

/** At most a fifth longer: an endpoint that was down does not get all it missed in one instant. */
const JITTER = 0.2;

/**
 * When to try again after the `failures`-th failure in a row (1 is the first) at `failedAt`; null: never. `chance` is
 * from 0 up to 1.
 */
export function findNextTry(failed: {
  readonly failures: number;
  readonly failedAt: Instant;
  readonly chance: number;
}): Instant | null {
  const seconds = RETRY_SECONDS[failed.failures - 1];
  if (seconds === undefined) return null;
  return addSeconds(failed.failedAt, Math.floor(seconds * (1 + JITTER * failed.chance)));
}
