/**
 * Owns: whether a plan is on offer to an account in a cycle, and on which terms.
 * Does not own: the catalogue (plan.ts), whether the account may take it now (subscription/).
 * Rules: R1.09 to R1.11, I8 (an archived plan is never taken again). The API asks before it sends a
 * command and the activity asks again: a plan may have changed in between. A partner plan is assigned
 * and nothing else is (R4.23).
 * Example: Growth yearly for an account in EUR, sold in INR and USD: `currency_mismatch`.
 */
import type { BillingCycle } from './billing-period';
import type { BillingErrorCode } from './billing-error';
import type { CurrencyCode } from './currency';
import {
  findTerms,
  trackOf,
  type PlanKind,
  type PlanTerms,
  type PlanVersion,
  type Track,
} from './plan';

export interface WantedOffer {
  readonly planCode: string;
  readonly cycle: BillingCycle;
  /** The account's. */
  readonly currency: CurrencyCode;
  /** Given: only a plan of this track will do. */
  readonly track?: Track | undefined;
  /** How it is taken; left out: the account buys it for itself. */
  readonly taken?: 'bought' | 'assigned' | undefined;
}

/** How plans of a kind are taken. A plan only changes to one that is taken alike. */
export function howTaken(kind: PlanKind): 'bought' | 'assigned' {
  return kind === 'partner_plan' ? 'assigned' : 'bought';
}

export interface OfferRefusal {
  readonly kind: 'refused';
  readonly code: Extract<
    BillingErrorCode,
    'unknown_plan' | 'unprocessable' | 'no_billing_cycle' | 'currency_mismatch'
  >;
  readonly message: string;
  /** The field of a request that is wrong. */
  readonly field: 'plan_code' | 'track' | 'cycle';
}

export type Offer = { readonly kind: 'offered'; readonly terms: PlanTerms } | OfferRefusal;

/** The terms of the newest version, or why there are none. `plan` is null when no such plan is sold. */
export function findOffer(plan: PlanVersion | null, wanted: WantedOffer): Offer {
  const { planCode, cycle, currency, track } = wanted;
  const refuse = (
    code: OfferRefusal['code'],
    field: OfferRefusal['field'],
    message: string,
  ): Offer => ({ kind: 'refused', code, field, message });
  if (plan === null) return refuse('unknown_plan', 'plan_code', `There is no plan "${planCode}".`);
  const misfit = findMisfit(plan, wanted);
  if (misfit !== null) return refuse('unknown_plan', 'plan_code', misfit);
  const ownTrack = trackOf(plan.kind);
  if (track !== undefined && track !== ownTrack) {
    return refuse('unprocessable', 'track', `"${planCode}" belongs to the ${ownTrack} track.`);
  }
  const terms = findTerms(plan, { cycle, currency });
  if (terms !== null) return { kind: 'offered', terms };
  const isSold = plan.prices.some((offered) => offered.cycle === cycle);
  const message = `"${planCode}" has no ${cycle} price in ${currency}.`;
  return isSold
    ? refuse('currency_mismatch', 'plan_code', message)
    : refuse('no_billing_cycle', 'cycle', message);
}

function findMisfit({ kind }: PlanVersion, { planCode, taken = 'bought' }: WantedOffer) {
  if (howTaken(kind) === taken) return null;
  return taken === 'assigned'
    ? `"${planCode}" is no partner plan: only those are assigned.`
    : `"${planCode}" is a partner plan: it is assigned to an account, not subscribed to.`;
}
