/**
 * Owns: how much an auto-recharge charges: whole increments that close the gap, as many as the cap, the method and
 * its gateway allow.
 * Does not own: whether and when (collect.ts), the tax on it (payment/top-up-terms.ts).
 * Rules: ADR 0046. The gap is closed by what comes into the wallet, the cap counts what the method is charged: the
 * two differ by the tax of a top-up.
 * Example: the balance is 120.00, the threshold 500.00, an increment 200.00: two increments. With 18 % tax on top
 * they cost 472.00; where the month has 300.00 left, it is one.
 */
import type { SavedMethod } from '../collection/collection';
import { compareMoney, type Money } from '../money';
import { buildTopUpTerms, type TopUpTerms } from '../payment/top-up-terms';
import type { Taxation } from '../tax/taxation';

export interface RechargeFacts {
  /** What the balance lacks to the threshold. Above zero. */
  readonly gap: Money;
  readonly amount: Money;
  readonly capLeft: Money;
  readonly topUpTaxation: Taxation;
  /** What the method is charged at least and at most. */
  readonly min: Money;
  readonly max: Money;
}

/** The most of one charge that nobody has to confirm: what its gateway takes, and what its owner or the law allows. */
export function findMostAtOnce({ max, ceiling }: Pick<SavedMethod, 'max' | 'ceiling'>): Money {
  return ceiling !== null && compareMoney(ceiling, max) < 0 ? ceiling : max;
}

/** `above_max`: not even one increment is within what the method is charged at most. */
export type RechargeTerms =
  | { readonly kind: 'charge'; readonly terms: TopUpTerms }
  | { readonly kind: 'cap_reached' }
  | { readonly kind: 'above_max' };

/** What is charged now. What the cap or the method cuts off is not charged in parts: increments stay whole. */
export function findRechargeTerms(facts: RechargeFacts): RechargeTerms {
  const { gap, amount, capLeft, topUpTaxation, min, max } = facts;
  const termsOf = (increments: bigint): TopUpTerms => {
    const amountMicros = amount.amountMicros * increments;
    return buildTopUpTerms(topUpTaxation, { ...amount, amountMicros });
  };
  const isEnough = (increments: bigint): boolean => {
    const { sale, total } = termsOf(increments);
    return compareMoney(sale.subtotal, gap) >= 0 && compareMoney(total, min) >= 0;
  };
  const isWithin = (limit: Money, increments: bigint): boolean =>
    compareMoney(termsOf(increments).total, limit) <= 0;
  if (!isWithin(max, 1n)) return { kind: 'above_max' };
  if (!isWithin(capLeft, 1n)) return { kind: 'cap_reached' };
  const wanted = findLeast(isEnough, gap.amountMicros / amount.amountMicros);
  const fitting = findMost((count) => isWithin(max, count) && isWithin(capLeft, count), wanted);
  const terms = termsOf(fitting);
  return compareMoney(terms.total, min) < 0 ? { kind: 'cap_reached' } : { kind: 'charge', terms };
}

/** The least count from one on that is enough; every larger one is, too. `guess`: where to begin doubling. */
function findLeast(isEnough: (count: bigint) => boolean, guess: bigint): bigint {
  let high = guess > 1n ? guess : 1n;
  for (let doublings = 0; !isEnough(high); doublings += 1) {
    if (doublings === DOUBLINGS_MAX) throw new RangeError('no number of increments is enough');
    high *= 2n;
  }
  return 1n + findMost((count) => !isEnough(count), high - 1n);
}

/** The tax may take most of a price: far more than enough. */
const DOUBLINGS_MAX = 64;

/** The most of 0 to `high` that fits; every smaller one does, too. */
function findMost(fits: (count: bigint) => boolean, high: bigint): bigint {
  let [low, top] = [0n, high];
  while (low < top) {
    const middle = (low + top + 1n) / 2n;
    if (fits(middle)) low = middle;
    else top = middle - 1n;
  }
  return low;
}
