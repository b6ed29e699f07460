/**
 * Owns: how much a saved payment method is charged for what the wallet lacks.
 * Does not own: whether it is charged at all, and when (charge-try.ts and who collects).
 * Rules: ADR 0016. The wallet pays first; the method pays what is missing, or the whole price where the
 * policy says so, rounded up to what a gateway can charge, with the tax a top-up bears; what is left over
 * stays in the wallet.
 * Example: 1 178.82 INR are due, the wallet holds 200.00: the card is charged 978.82.
 */
import type { CollectionMode } from '../dunning';
import { addMoney, compareMoney, roundToChargeStep, subtractMoney, type Money } from '../money';
import { buildTopUpTerms, type TopUpTerms } from '../payment/top-up-terms';
import type { Taxation } from '../tax/taxation';
import type { SavedMethod } from './collection';

/** The part of `total` that a wallet lacks, or null when it pays. What costs nothing owes nothing. */
export function findMissing(total: Money, availableMicros: bigint): Money | null {
  const { amountMicros, currency } = total;
  if (amountMicros <= 0n || amountMicros <= availableMicros) return null;
  return { amountMicros: amountMicros - availableMicros, currency };
}

/** What the method is charged so that the wallet covers `total`; null when no gateway charges that. */
export function findChargeTerms(
  total: Money,
  facts: {
    readonly mode: CollectionMode;
    readonly availableMicros: bigint;
    readonly topUpTaxation: Taxation;
    readonly method: SavedMethod;
  },
): TopUpTerms | null {
  const { mode, availableMicros, topUpTaxation, method } = facts;
  const missing = findMissing(total, availableMicros);
  if (missing === null) return null;
  const isWhole = mode === 'whole_price' && compareMoney(missing, total) < 0;
  const wanted = roundToChargeStep(isWhole ? total : missing, 'up');
  const { min, max } = method;
  const terms = grossUp(topUpTaxation, compareMoney(wanted, min) < 0 ? min : wanted);
  return compareMoney(terms.total, max) > 0 ? null : terms;
}

/** Where prices include the tax a wallet gets less than is paid: the least amount that leaves `net`. */
export function grossUp(taxation: Taxation, net: Money): TopUpTerms {
  let amount = net;
  for (let attempts = 0; attempts < GROSS_UPS_MAX; attempts += 1) {
    const terms = buildTopUpTerms(taxation, amount);
    if (compareMoney(terms.sale.subtotal, net) >= 0) return terms;
    const shortfall = subtractMoney(net, terms.sale.subtotal);
    amount = roundToChargeStep(addMoney(amount, shortfall), 'up');
  }
  throw new RangeError('the tax takes more than is paid');
}

/** Each time the shortfall shrinks to the share the tax has of a price: this is far more than enough. */
const GROSS_UPS_MAX = 100;
