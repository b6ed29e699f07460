/**
 * Owns: when an endpoint is disabled because it does not take what it is sent, and what is said of that.
 * Does not own: single deliveries (retry-schedule.ts), an owner who disables an endpoint.
 * The source of the rule: Standard Webhooks, "Disabling endpoints" and 410 Gone.
 * Example: an endpoint that answered 500 ten times, for three days and without a success between, is disabled.
 */
import { toEpochMs, type Instant } from '../instant';

export const FAILING_DAYS_MAX = 3;
/** Of few deliveries none says enough: three days with one failure are no reason. */
export const FAILURES_MIN = 10;
const DAY_MS = 86_400_000;
const GONE = 410;

/** What an endpoint's last try came to, and its record with it. */
export interface FailedTry {
  readonly httpStatus: number | null;
  readonly at: Instant;
  readonly failingSince: Instant;
  readonly failures: number;
}

/** Why to disable the endpoint now, as a sentence for its owner; null: it may go on. */
export function findReasonToDisable(failed: FailedTry): string | null {
  if (failed.httpStatus === GONE) return 'It answered 410 Gone.';
  const failingMs = toEpochMs(failed.at) - toEpochMs(failed.failingSince);
  if (failed.failures < FAILURES_MIN || failingMs < FAILING_DAYS_MAX * DAY_MS) return null;
  return `It accepted nothing for ${Math.floor(failingMs / DAY_MS)} days: ${failed.failures} tries failed.`;
}
