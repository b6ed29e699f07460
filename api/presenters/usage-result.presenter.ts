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
  const { unitRate, visitorMicros, zeroReason, windowFrom } = rating;
  const toAmount = (amountMicros: bigint) => formatAmount({ amountMicros, currency });
  return {
    ...toApiCard(rating),
    category: rating.category,
    market: rating.market,
    unit: rating.unit,
    quantity: Number(rating.quantity),
    unit_rate: unitRate === null ? null : formatRate(unitRate, currencyFacts(currency).exponent),
    fee: toAmount(rating.feeMicros),
    amount: toAmount(rating.amountMicros),
    tax: toAmount(rating.taxMicros),
    ...(visitorMicros === 0n ? {} : { visitor_amount: toAmount(visitorMicros) }),
    ...(zeroReason === null ? {} : { zero_reason: zeroReason }),
    ...(windowFrom === null ? {} : { window_from: windowFrom }),
  };
}

function toApiCard({ card }: Rating) {
  if (card === null) return { card: null, version: null, effective_from: null };
  return { card: card.code, version: card.version, effective_from: card.effectiveFrom };
}
