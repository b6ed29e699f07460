import type { z } from 'zod';
import { BILLING_CYCLES, type BillingCycle } from '../../domain/billing-period';
import { parseCurrency, type CurrencyCode } from '../../domain/currency';
import { parseMoney } from '../../domain/money';
import type { PartnerPlanChange } from '../../domain/partner-plan/change-partner-plan';
import type { PartnerPlanTerms } from '../../domain/partner-plan/partner-plan';
import type { newPartnerPlanSchema, partnerPlanChangeSchema } from './partner-plan.schema';
import { assertPayable } from './plan-input';

/** The terms of a new partner plan. Throws `invalid_amount` for a price nobody can pay. */
export function fromApiNewPartnerPlan(
  body: z.output<typeof newPartnerPlanSchema>,
): PartnerPlanTerms {
  const currency = parseCurrency(body.currency);
  const { message, wa_conversation: conversation } = body.unit_prices ?? {};
  return {
    type: body.type,
    planName: body.plan_name,
    displayName: body.display_name,
    currency,
    prices: fromApiPrices(body.prices, currency),
    hasGst: body.gst,
    benefits: body.benefits,
    revenueShareBps: body.revenue_share_bps,
    onExhausted: body.on_exhausted,
    unitPrices: {
      ...(message !== undefined && { message }),
      ...(conversation !== undefined && { wa_conversation: conversation }),
    },
  };
}

/** The change, its prices read in the currency the plan will have. Throws as `fromApiNewPartnerPlan`. */
export function fromApiPartnerPlanChange(
  body: z.output<typeof partnerPlanChangeSchema>,
  before: PartnerPlanTerms,
): PartnerPlanChange {
  const currency = body.currency === undefined ? before.currency : parseCurrency(body.currency);
  const { prices = {} } = body;
  const withdrawn = BILLING_CYCLES.filter((cycle) => prices[cycle] === null);
  return {
    type: body.type,
    planName: body.plan_name,
    displayName: body.display_name,
    currency,
    prices: {
      ...Object.fromEntries(withdrawn.map((cycle) => [cycle, null])),
      ...fromApiPrices(prices, currency),
    },
    hasGst: body.gst,
    benefits: body.benefits,
    revenueShareBps: body.revenue_share_bps,
    onExhausted: body.on_exhausted,
    unitPrices: body.unit_prices,
  };
}

function fromApiPrices(
  prices: Readonly<Partial<Record<BillingCycle, string | null | undefined>>>,
  currency: CurrencyCode,
): Partial<Record<BillingCycle, bigint>> {
  const stated: Partial<Record<BillingCycle, bigint>> = {};
  for (const cycle of BILLING_CYCLES) {
    const amount = prices[cycle];
    if (typeof amount === 'string') stated[cycle] = fromApiPrice(amount, { cycle, currency });
  }
  return stated;
}

function fromApiPrice(
  amount: string,
  { cycle, currency }: { readonly cycle: BillingCycle; readonly currency: CurrencyCode },
): bigint {
  const field = `prices.${cycle}`;
  const price = parseMoney({ amount, currency }, field);
  assertPayable(price, field);
  return price.amountMicros;
}
