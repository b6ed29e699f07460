/**
 * Owns: what Stripe moved for us, from its balance transactions.
 * Does not own: comparing it with our books (gateways/settlements.ts). Amounts and fees are in the currency Stripe
 * settles in, which may be another than a payment's.
 * Stripe lists newest first; the port wants oldest first. So time is taken in windows, each read whole and turned
 * around, and a page is a window.
 * Example: a payment of 1 180.00 with a fee of 27.85 is an entry of kind `payment`.
 */
import type Stripe from 'stripe';
import { earlierOf, fromEpochMs, isBefore, toEpochMs, type Instant } from '../../domain/instant';
import type { SettledEntry, SettledPage, SettledQuery } from '../settlements';
import { expanded, fromSeconds, idOf } from './from-stripe';
import { fromStripeAmount } from './stripe-amounts';
import type { Ask } from './stripe-client';

const WINDOW_MS = 6 * 3_600_000;
const PAGE = 100;
/** Of a window: what a platform of a million payments a month has in six hours, twice. */
const WINDOW_ENTRIES_MAX = 20_000;

type Kind = SettledEntry['kind'];

/** By Stripe's reporting categories; `other` for the rest. */
const KINDS: Readonly<Record<string, Kind>> = {
  charge: 'payment',
  charge_failure: 'payment',
  refund: 'refund',
  refund_failure: 'refund',
  partial_capture_reversal: 'refund',
  dispute: 'dispute',
  dispute_reversal: 'dispute',
};

/** Throws a RangeError for a window with more in it than can be held. */
export async function listSettled(ask: Ask, query: SettledQuery): Promise<SettledPage> {
  const from = query.cursor ?? query.from;
  if (!isBefore(from, query.to)) return { entries: [], nextCursor: null };
  const to = earlierOf(fromEpochMs(toEpochMs(from) + WINDOW_MS), query.to);
  const moved = await listMoved(ask, { from, to });
  return {
    entries: moved.map(fromApiTransaction).toReversed(),
    nextCursor: isBefore(to, query.to) ? to : null,
  };
}

interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** Newest first. Stripe counts whole seconds: one that begins within the window belongs to it. */
function listMoved(ask: Ask, { from, to }: Window): Promise<Stripe.BalanceTransaction[]> {
  const created = { gte: toSecondsUp(from), lt: toSecondsUp(to) };
  return ask(async (stripe) => {
    const moved: Stripe.BalanceTransaction[] = [];
    const query = { created, limit: PAGE, expand: ['data.source'] };
    for await (const transaction of stripe.balanceTransactions.list(query)) {
      moved.push(transaction);
      if (moved.length > WINDOW_ENTRIES_MAX) {
        throw new RangeError(`stripe moved more than ${WINDOW_ENTRIES_MAX} amounts from ${from}`);
      }
    }
    return moved;
  });
}

function toSecondsUp(instant: Instant): number {
  return Math.ceil(toEpochMs(instant) / 1_000);
}

function fromApiTransaction(transaction: Stripe.BalanceTransaction): SettledEntry {
  const { id, amount, fee, currency, created } = transaction;
  const kind = KINDS[transaction.reporting_category] ?? 'other';
  return {
    entryId: id,
    kind,
    gatewayPaymentId: kind === 'other' ? null : paymentOf(transaction),
    money: fromStripeAmount(amount, currency),
    fee: fromStripeAmount(fee, currency),
    settledAt: fromSeconds(created),
  };
}

/** A charge, a refund and a dispute each name the payment they belong to. */
function paymentOf({ source }: Stripe.BalanceTransaction): string | null {
  const moved = expanded(source);
  return moved !== null && 'payment_intent' in moved ? idOf(moved.payment_intent) : null;
}
