/**
 * Owns: which free offer of a plan a subscription can fall to when nobody pays (final step `downgrade`).
 * Does not own: when it falls (dunning.ts) or what becomes of it then (subscription/).
 * Rule: R1.08, R1.14; the free plan is sold in the subscription's currency, best in its own cycle.
 * Example: Basic costs 0.00 INR monthly and yearly: a yearly subscription in INR falls to yearly Basic.
 */
import type { BillingCycle } from './billing-period';
import type { CurrencyCode } from './currency';
import type { PlanVersion } from './plan';

/** The cycle in which `plan` costs nothing in a currency: the wanted one, else the first; or null. */
export function findFreeCycle(
  plan: PlanVersion,
  wanted: { readonly cycle: BillingCycle; readonly currency: CurrencyCode },
): BillingCycle | null {
  const free = plan.prices
    .filter(({ price }) => price.amountMicros === 0n && price.currency === wanted.currency)
    .map(({ cycle }) => cycle);
  return free.includes(wanted.cycle) ? wanted.cycle : (free[0] ?? null);
}

/** Why subscribers of `plan` could not fall to `target`, or null when all of them can. */
export function findDowngradeFault(plan: PlanVersion, target: PlanVersion): string | null {
  if (target.kind !== plan.kind) return `"${target.code}" is a plan of another kind`;
  const uncovered = plan.prices.find(({ cycle, price }) => {
    return findFreeCycle(target, { cycle, currency: price.currency }) === null;
  });
  if (uncovered === undefined) return null;
  return `"${target.code}" has no price of zero in ${uncovered.price.currency}`;
}
