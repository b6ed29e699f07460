import type { z } from 'zod';
import { currencyFacts, isCurrencyCode, type CurrencyCode } from '../../domain/currency';
import { formatAmount, formatRate } from '../../domain/money';
import type { Rating, UsageCharge } from '../../domain/usage/usage-event';
import type { ratingSchema, usageAnswerSchema, usageChargeSchema } from '../schemas/usage.schema';
import type { UsageResult } from '../usage/take-usage';

type ApiResult = z.input<typeof usageAnswerSchema>['results'][number];

/** What came of one event: what paid for it and at which price, or why nothing did. */
export function toApiUsageResult({ id, outcome, account }: UsageResult): ApiResult {
  switch (outcome.kind) {
    case 'charged':
    case 'replayed': {
      const charges = outcome.charges.map(toApiCharge);
      if (account === null) return { id, outcome: outcome.kind, charges };
      const rating = toApiRating(outcome.rating, account.currency);
      return { id, outcome: outcome.kind, charges, rating };
    }
    case 'refused':
      return { id, outcome: 'refused', reason: outcome.reason, charges: [] };
    case 'conflict':
      return { id, outcome: 'conflict', charges: [] };
  }
}

/** Money as decimal text in the asset's currency, units as a number. */
export function toApiCharge({
  bucket,
  asset,
  amount,
}: UsageCharge): z.input<typeof usageChargeSchema> {
  if (!isCurrencyCode(asset)) return { bucket, asset, quantity: Number(amount) };
  return { bucket, asset, amount: formatAmount({ amountMicros: amount, currency: asset }) };
}

export function toApiRating(rating: Rating, currency: CurrencyCode): z.input<typeof ratingSchema> {
  const { card, unitRate, visitorMicros, zeroReason, windowFrom } = rating;
  const toAmount = (amountMicros: bigint) => formatAmount({ amountMicros, currency });
  // Written out, and added to where there is more: to spread parts into it cost most of a result.
  const shown: z.input<typeof ratingSchema> = {
    card: card && card.code,
    version: card && card.version,
    effective_from: card && card.effectiveFrom,
    category: rating.category,
    market: rating.market,
    unit: rating.unit,
    quantity: Number(rating.quantity),
    unit_rate: unitRate === null ? null : formatRate(unitRate, currencyFacts(currency).exponent),
    fee: toAmount(rating.feeMicros),
    amount: toAmount(rating.amountMicros),
    tax: toAmount(rating.taxMicros),
  };
  if (visitorMicros !== 0n) shown.visitor_amount = toAmount(visitorMicros);
  if (zeroReason !== null) shown.zero_reason = zeroReason;
  if (windowFrom !== null) shown.window_from = windowFrom;
  return shown;
}
