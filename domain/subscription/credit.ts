/**
 * Owns: what is given back of a fee: the time that is left, and never more than the least that is left of
 * an allowance it was paid for.
 * Does not own: what is left (allowances-left.ts), when it is given back (decide-*.ts), the tax (sale.ts),
 * what becomes of the units (carry-over.ts).
 * Rules: ADR 0018, 0030 and 0034. A fee buys time and, for each month of it, allowances. The months to come
 * are credited by time; of this one the smaller counts of the time that is left and of what is left of each
 * allowance. Exact until it is rounded, once. What is not credited of the days ahead stays the customer's
 * as units, so that nothing is paid twice.
 * Example: Growth, 999.00 and 10 000 messages from 1 February, given up on 15 February. By time 499.50 come
 * back; with 2 500 messages left 249.75; with none left nothing.
 */
import type { MonthKey } from '../calendar';
import type { ProrationMode } from '../change-policy';
import { earlierOf, isBefore, laterOf, type Instant } from '../instant';
import type { CurrencyCode } from '../currency';
import { formatAmount, type Money } from '../money';
import type { AllowanceAsset, AllowanceLeft } from './allowances-left';
import { prorate, prorateUnits, spanOf, type Share } from './proration';
import { buildSaleLine, type SubscriptionSaleLine } from './sale';
import { monthOfAnchor, type Subscription } from './subscription';

export interface Credit {
  /** Why it is less than the time that is left: "2,500 of 10,000 messages are left"; null: it is not. */
  readonly because: string | null;
  /** Null: nothing is given back, and no allowance is the reason. */
  readonly line: SubscriptionSaleLine | null;
  /** The part of this month that is given back: its units go with it. Null: days were not settled. */
  readonly settled: SettledMonth | null;
}

export interface SettledMonth {
  /** Of what the fee was paid for of this month; also of the units it was granted for it. */
  readonly share: Share;
  /** What the fee was paid for of this month, in days or milliseconds. */
  readonly ofMonth: bigint;
  /** That part of what it brought of the WhatsApp balance, by the month that granted it. */
  readonly balance: readonly { readonly month: MonthKey; readonly amountMicros: bigint }[];
}

const NOTHING: Credit = { because: null, line: null, settled: null };

interface CreditMoment {
  readonly at: Instant;
  readonly mode: ProrationMode;
  /** What this month's fee was paid for; none: time alone decides. */
  readonly allowances: readonly AllowanceLeft[];
}

/** What is given back when the fee is given up at an instant. */
export function buildCredit(subscription: Subscription, moment: CreditMoment): Credit {
  const { period, paid } = subscription;
  const { at, mode, allowances } = moment;
  const isPaid = subscription.status === 'active' && isBefore(at, period.endsAt);
  // More was refunded than these days had cost: nothing of them is left, and a refund that fails adds it again.
  if (!isPaid || mode === 'none' || paid.amountMicros <= 0n) return NOTHING;
  const time = timeLeft(subscription, { at, mode });
  const least = findLeast(allowances, time);
  const amount = negate(prorate(paid, shareOf(time, least)));
  const share = monthShareOf(time, least);
  const balance = allowances
    .filter((allowance) => allowance.asset === 'whatsapp_balance')
    .map(({ month, granted }) => ({ month, amountMicros: prorateUnits(granted, share) }));
  const settled = { share, ofMonth: time.ofMonth, balance };
  if (amount.amountMicros === 0n && least === null) return { ...NOTHING, settled };
  const rest = { startsAt: at, endsAt: period.endsAt };
  const because = least === null ? null : describeLeft(least, paid.currency);
  return {
    because,
    line: buildSaleLine(subscription, { kind: 'proration_credit', amount, period: rest, because }),
    settled,
  };
}

/** Days, or milliseconds, by the seller's choice. */
interface TimeLeft {
  /** All that was paid for, and what of it lies beyond this month. */
  readonly paidFor: bigint;
  readonly later: bigint;
  /** What was paid for of this month, and what is left of that. */
  readonly ofMonth: bigint;
  readonly ahead: bigint;
}

function timeLeft(
  subscription: Subscription,
  { at, mode }: { readonly at: Instant; readonly mode: Exclude<ProrationMode, 'none'> },
): TimeLeft {
  const { paidFrom, period, timeZone, allowanceMonth } = subscription;
  const month = monthOfAnchor(subscription, allowanceMonth);
  const monthEndsAt = earlierOf(month.endsAt, period.endsAt);
  const span = (startsAt: Instant, endsAt: Instant): bigint =>
    spanOf({ startsAt, endsAt }, { mode, timeZone });
  return {
    paidFor: span(paidFrom, period.endsAt),
    later: span(laterOf(at, monthEndsAt), period.endsAt),
    ofMonth: span(laterOf(paidFrom, month.startsAt), monthEndsAt),
    ahead: span(laterOf(at, paidFrom), monthEndsAt),
  };
}

/** The allowance with less left than there is time; of several the one with the least; null: time decides. */
function findLeast(
  allowances: readonly AllowanceLeft[],
  { ofMonth, ahead }: TimeLeft,
): AllowanceLeft | null {
  let least: AllowanceLeft | null = null;
  for (const allowance of allowances) {
    const { left, granted } = allowance;
    const isLess =
      least === null
        ? left * ofMonth < ahead * granted
        : left * least.granted < least.left * granted;
    if (isLess) least = allowance;
  }
  return least;
}

function shareOf({ paidFor, later, ofMonth, ahead }: TimeLeft, least: AllowanceLeft | null): Share {
  if (least === null) return nonZero(later + ahead, paidFor);
  const { left, granted } = least;
  return nonZero(later * granted + ofMonth * left, paidFor * granted);
}

function monthShareOf({ ofMonth, ahead }: TimeLeft, least: AllowanceLeft | null): Share {
  if (least === null) return nonZero(ahead, ofMonth);
  return { numerator: least.left, denominator: least.granted };
}

function nonZero(numerator: bigint, denominator: bigint): Share {
  // Bought and left on the period's last day: by days there was nothing to pay for.
  return { numerator, denominator: denominator === 0n ? 1n : denominator };
}

function negate({ amountMicros, currency }: Money): Money {
  return { amountMicros: -amountMicros, currency };
}

const SECONDS_PER_MINUTE = 60n;

/** "2,500 of 10,000 messages are left": why less than the days comes back. */
function describeLeft({ asset, left, granted }: AllowanceLeft, currency: CurrencyCode): string {
  if (asset === 'whatsapp_balance') {
    const amounts = [left, granted].map((amountMicros) => formatAmount({ amountMicros, currency }));
    return `${amounts.join(' of ')} ${currency} of the WhatsApp balance are left`;
  }
  const scale = asset === 'call_second' ? SECONDS_PER_MINUTE : 1n;
  const counted = [left / scale, granted / scale].map(groupThousands);
  return `${counted.join(' of ')} ${NOUNS[asset]} are left`;
}

const NOUNS: Readonly<Record<AllowanceAsset, string>> = {
  call_second: 'minutes',
  message: 'messages',
  wa_conversation: 'WhatsApp conversations',
  unique_visitor: 'unique visitors',
};

function groupThousands(count: bigint): string {
  return `${count}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}
