/**
 * Owns: when usage counts: how late and how early it may be told, and which month pays for it.
 * Does not own: opening months (ledger/month.ts), which price was in force (rating/).
 * Example: told on 10 November, what happened on 1 October counts and what happened on 30 September does not.
 */
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import type { LedgerState } from '../ledger/ledger-state';
import type { UsageRefusal } from './usage-event';

/**
 * Keys are looked for in the last 45 days of records (lock_and_read), so an older event might be charged
 * twice. 5 days are for clocks that disagree.
 */
export const USAGE_AGE_MAX_DAYS = 40;
/** For clocks that disagree. */
export const USAGE_AHEAD_MAX_DAYS = 1;
const DAY_MS = 86_400_000;

/** Why usage is too old or too far ahead to be charged; null: it is neither. */
export function refuseUntimely(occurredAtMs: number, receivedAt: Instant): UsageRefusal | null {
  const receivedAtMs = toEpochMs(receivedAt);
  if (occurredAtMs < receivedAtMs - USAGE_AGE_MAX_DAYS * DAY_MS) return 'event_too_old';
  if (occurredAtMs > receivedAtMs + USAGE_AHEAD_MAX_DAYS * DAY_MS) return 'event_in_future';
  return null;
}

/** What happens in a month that has not come, as a clock ahead of ours has it, is paid by the month that has. */
export function payingMonth({ openMonth }: LedgerState, month: MonthKey): MonthKey {
  return month < openMonth ? month : openMonth;
}
