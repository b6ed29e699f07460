import type { z } from 'zod';
import type { TransferView } from '../../db/repositories/transfer.repository';
import type { RateCardRecord } from '../../db/repositories/rate-card.repository';
import type { UsageEventView } from '../../db/repositories/usage-event.repository';
import type { CurrencyCode } from '../../domain/currency';
import { formatAmount } from '../../domain/money';
import type { RatingRule } from '../../domain/rating/rate-card';
import { explainUsage } from '../../domain/usage/explain-usage';
import type { explanationSchema, usageEventSchema } from '../schemas/usage-event.schema';
import { toApiTransfer, toApiValue } from './ledger.presenter';
import { toApiRule } from './rate-card.presenter';
import { toApiCharge, toApiRating } from './usage-result.presenter';

/** One use, and what paid for it (R2.18). */
export function toApiUsageEvent(
  event: UsageEventView,
  currency: CurrencyCode,
): z.input<typeof usageEventSchema> {
  const shown = toApiShown(event, currency);
  return {
    ...shown,
    category: shown.rating.category,
    quantity: shown.rating.quantity,
    charges: event.charges.map(({ bucket, asset, amount }) => {
      const value = toApiValue(asset, amount);
      return { bucket, ...(typeof value === 'number' ? { quantity: value } : { amount: value }) };
    }),
    rate: shown.rating.unit_rate,
  };
}

/** A use with all that explains it. */
export interface ExplainedEvent {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly event: UsageEventView;
  readonly transfers: readonly TransferView[];
  /** What priced it; null: the plan's price, or none. */
  readonly card: { readonly record: RateCardRecord; readonly rule: RatingRule } | null;
}

export function toApiExplanation(explained: ExplainedEvent): z.input<typeof explanationSchema> {
  const { accountId, currency, event, transfers, card } = explained;
  const { type, rating, charges } = event;
  const name = card?.record.card.name ?? null;
  const sentence = explainUsage({
    type,
    currency,
    rating,
    charges,
    corrections: event.correctedBy,
    card: card === null || name === null ? null : { name, rule: card.rule },
  });
  const shown = toApiShown(event, currency);
  return {
    account_id: accountId,
    ...shown,
    sentence,
    card: shown.rating.card,
    card_name: name,
    version: shown.rating.version,
    window: shown.rating.window_from ?? null,
    quantity: shown.rating.quantity,
    rate: shown.rating.unit_rate,
    fee: shown.rating.fee,
    rule: card && toApiRule(card.rule),
    buckets: charges.map(toApiCharge),
    transfers: transfers.map(toApiTransfer),
  };
}

function toApiShown(event: UsageEventView, currency: CurrencyCode) {
  return {
    id: event.id,
    type: event.type,
    mode: event.mode,
    occurred_at: event.occurredAt,
    recorded_at: event.recordedAt,
    asset: event.asset,
    rating: toApiRating(event.rating, currency),
    broadcast_id: event.broadcastId,
    corrected_by: event.correctedBy.map((correction) => ({
      kind: correction.kind,
      reason: correction.reason,
      corrected_at: correction.correctedAt,
      amount: formatAmount({ amountMicros: correction.amountMicros, currency }),
      replaced_by: correction.replacedBy,
      rerating_id: correction.reratingId,
    })),
    corrects: event.corrects,
  };
}
