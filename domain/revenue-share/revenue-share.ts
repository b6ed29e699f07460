/**
 * Owns: the life of a partner's revenue share: which month is open, what waits for people, what happens next.
 * Does not own: what a month comes to (statement.ts), what is paid out (decide-payout.ts).
 * Rules: R4.10, ADR 0043. A month is closed at its end in the partner's zone; its statement waits for an operator; what
 * is approved waits to be paid out. None of that keeps the next month from closing.
 * Example: a partner in Kolkata closes 2026-11 at 2026-11-30T18:30:00.000Z.
 */
import type { MonthKey } from '../calendar';
import type { CurrencyCode } from '../currency';
import { addSeconds, isBefore, type Instant } from '../instant';
import { describeMoney } from '../money';
import { AWAITED, type NextAction } from '../next-action';
import { endOfMonth } from './statement';

export const REVENUE_SHARE_STATUSES = [
  'accruing',
  'awaiting_approval',
  'payable',
  'paying',
] as const;
export type RevenueShareStatus = (typeof REVENUE_SHARE_STATUSES)[number];

/** A payout that a bank is asked for. */
export interface PayoutUnderWay {
  readonly id: string;
  readonly askedAt: Instant;
  /** How often it was asked for without an answer that ends it. */
  readonly attemptsMade: number;
}

export interface RevenueShare {
  /** The partner's. */
  readonly id: string;
  /** The partner's own account. */
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly timeZone: string;
  /** Every month before has its statement. */
  readonly openMonth: MonthKey;
  /** Statements with something to pay that nobody has approved. */
  readonly unapproved: number;
  /** Approved and not on its way to be paid. */
  readonly payableMicros: bigint;
  readonly payout: PayoutUnderWay | null;
  readonly status: RevenueShareStatus;
}

export type RevenueShareActionKind = 'close_month' | 'send_payout';

/** The share of a partner whose first charge falls into this month. */
export function openRevenueShare(
  partner: Pick<RevenueShare, 'id' | 'accountId' | 'currency' | 'timeZone'>,
  openMonth: MonthKey,
): RevenueShare {
  const { id, accountId, currency, timeZone } = partner;
  const facts = { id, accountId, currency, timeZone, openMonth };
  return withStatus({ ...facts, unapproved: 0, payableMicros: 0n, payout: null });
}

/** The same with the status that follows from what it waits for. */
export function withStatus(share: Omit<RevenueShare, 'status'>): RevenueShare {
  return { ...share, status: statusOf(share) };
}

function statusOf(share: Omit<RevenueShare, 'status'>): RevenueShareStatus {
  if (share.payout !== null) return 'paying';
  if (share.unapproved > 0) return 'awaiting_approval';
  return share.payableMicros > 0n ? 'payable' : 'accruing';
}

/** When a payout of unknown outcome is looked up, counted from the request; then once a day. */
const ASK_AFTER_SECONDS = [0, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 10_800, 28_800, 86_400];
const DAY_SECONDS = 86_400;

/** Whether this look was the last before the bank is asked only once a day. */
export function isSilentForADay({ attemptsMade }: PayoutUnderWay): boolean {
  return attemptsMade === ASK_AFTER_SECONDS.length;
}

/** What happens next, when and why: the row, the API and the Temporal UI say the same. */
export function decideNextAction(share: RevenueShare): NextAction<RevenueShareActionKind> {
  const { openMonth, timeZone, payout } = share;
  const closesAt = endOfMonth(openMonth, timeZone);
  const waits = describeWaits(share);
  const reason = waits === '' ? `${openMonth} ends` : `${openMonth} ends; ${waits}`;
  const close = { kind: 'close_month', at: closesAt, reason } as const;
  if (payout === null) return close;
  const at = addSeconds(payout.askedAt, secondsUntil(payout.attemptsMade));
  if (isBefore(closesAt, at)) return close;
  const why =
    payout.attemptsMade === 0
      ? `the bank is to pay ${payout.id}`
      : `the bank has not said how ${payout.id} ended; it is looked up under its reference`;
  return { kind: 'send_payout', at, reason: why, ...AWAITED };
}

function secondsUntil(attemptsMade: number): number {
  const last = ASK_AFTER_SECONDS.length - 1;
  const listed = ASK_AFTER_SECONDS[attemptsMade];
  return listed ?? (attemptsMade - last + 1) * DAY_SECONDS;
}

function describeWaits({ unapproved, payableMicros, currency }: RevenueShare): string {
  const approval = unapproved === 1 ? '1 statement waits' : `${unapproved} statements wait`;
  const payable = describeMoney({ amountMicros: payableMicros, currency });
  return [
    ...(unapproved > 0 ? [`${approval} for approval`] : []),
    ...(payableMicros > 0n ? [`${payable} wait to be paid out`] : []),
  ].join(', ');
}
