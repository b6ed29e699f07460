/**
 * Owns: what a hold is to its owner: what it was placed for, its state, and how long it lasts.
 * Does not own: what it reserves, bucket by bucket (ledger/hold.ts), its price (quote.ts).
 * Source: R3.09, R3.33, R2.06. Its deadline releases it by itself; money is never reserved for ever.
 * Example: a broadcast to 100 people is held, 98 are delivered and paid from it, the release gives back 2.
 */
import { addSeconds, isBefore, type Instant } from '../instant';

export const HOLD_KINDS = ['broadcast', 'group_message', 'call'] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

/** captured: paid whole, or as far as it was needed and closed with its last capture. */
export const HOLD_STATUSES = ['open', 'captured', 'released', 'expired'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

/** A campaign is sent within days; what is held longer was forgotten. */
const DEADLINE_MAX_DAYS = 31;
const DAY_SECONDS = 86_400;

export interface HoldTerms {
  readonly id: string;
  readonly accountId: string;
  readonly kind: HoldKind;
  readonly status: HoldStatus;
  readonly category: string | null;
  /** Recipients, members, or seconds of a call. */
  readonly quantity: bigint;
  /** Of a call: the digits its price went by, never the number. */
  readonly toPrefix: string | null;
  readonly deadlineAt: Instant;
  readonly placedAt: Instant;
  readonly closedAt: Instant | null;
}

/** Why a deadline cannot be one; null: it can. */
export function refuseDeadline(deadlineAt: Instant, now: Instant): string | null {
  if (!isBefore(now, deadlineAt)) return `the deadline has passed: it is ${now} for the account`;
  const latest = addSeconds(now, DEADLINE_MAX_DAYS * DAY_SECONDS);
  return isBefore(latest, deadlineAt)
    ? `a hold lasts ${DEADLINE_MAX_DAYS} days at most, so until ${latest}`
    : null;
}
