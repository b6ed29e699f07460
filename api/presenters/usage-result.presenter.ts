import type { z } from 'zod';
import { isCurrencyCode, type CurrencyCode } from '../../domain/currency';
import { formatAmount, formatRate } from '../../domain/money';
import type { Rating, UsageCharge } from '../../domain/usage/usage-event';
import type { ratingSchema, usageAnswerSchema, usageChargeSchema } from '../schemas/usage.schema';
import type { UsageResult } from '../usage/take-usage';

type ApiResult = z.input<typeof usageAnswerSchema>['results'][number];

/** What came of one event: what paid for it and at which price, or why nothing did. */
export function toApiUsageResult({ id, outcome, account }: UsageResult): ApiResult {
  switch (outcome.kind) {
    case 'charged':
    case 'replayed':
      return {
        id,
        outcome: outcome.kind,
        charges: outcome.charges.map(toApiCharge),
        ...(account === null ? {} : { rating: toApiRating(outcome.rating, account.currency) }),
      };
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
  const { card, unitRate, zeroReason, windowFrom } = rating;
  const toAmount = (amountMicros: bigint) => formatAmount({ amountMicros, currency });
  return {
    card: card?.code ?? null,
    version: card?.version ?? null,
    effective_from: card?.effectiveFrom ?? null,
    category: rating.category,
    market: rating.market,
    unit: rating.unit,
    quantity: Number(rating.quantity),
    unit_rate: unitRate === null ? null : formatRate(unitRate),
    fee: toAmount(rating.feeMicros),
    amount: toAmount(rating.amountMicros),
    tax: toAmount(rating.taxMicros),
    ...(rating.visitorMicros === 0n ? {} : { visitor_amount: toAmount(rating.visitorMicros) }),
    ...(zeroReason === null ? {} : { zero_reason: zeroReason }),
    ...(windowFrom === null ? {} : { window_from: windowFrom }),
  };
}
