import type { z } from 'zod';
import type { CurrencyCode } from '../../domain/currency';
import { formatAmount } from '../../domain/money';
import { LEFT_OUT_REASONS } from '../../domain/usage/rate-again';
import { mergeCategories, type RepricedCategory, type Rerating } from '../../domain/usage/rerating';
import type { reratingSchema } from '../schemas/rerating.schema';

/** A re-rating with what it changes, all its parts together. */
export function toApiRerating(
  rerating: Rerating,
  currency: CurrencyCode,
): z.input<typeof reratingSchema> {
  const { parts, partsApplied, leftOut } = rerating;
  const categories = mergeCategories(parts.flatMap((part) => part.categories));
  const applied = parts.slice(0, partsApplied).flatMap((part) => part.categories);
  const toAmount = (amountMicros: bigint): string => formatAmount({ amountMicros, currency });
  return {
    id: rerating.id,
    account_id: rerating.accountId,
    status: rerating.status,
    from: rerating.from,
    to: rerating.to,
    card: rerating.cardCode,
    reason: rerating.reason,
    categories: categories.map((one) => ({
      category: one.category,
      events: one.events,
      quantity: Number(one.quantity),
      amount_before: toAmount(one.beforeMicros),
      amount_after: toAmount(one.afterMicros),
      difference: toAmount(one.afterMicros - one.beforeMicros),
      tax_difference: toAmount(one.taxMicros),
    })),
    difference: toAmount(differenceOf(categories)),
    tax_difference: toAmount(categories.reduce((sum, { taxMicros }) => sum + taxMicros, 0n)),
    currency,
    events: countEvents(categories),
    applied_events: countEvents(applied),
    unchanged_events: rerating.unchanged,
    left_out: LEFT_OUT_REASONS.flatMap((reason) => {
      const events = leftOut[reason] ?? 0;
      return events === 0 ? [] : [{ reason, events }];
    }),
    reference: `rerating/${rerating.id}`,
    created_at: rerating.createdAt,
    applied_at: rerating.appliedAt,
  };
}

function differenceOf(categories: readonly RepricedCategory[]): bigint {
  return categories.reduce(
    (sum, { beforeMicros, afterMicros }) => sum + afterMicros - beforeMicros,
    0n,
  );
}

function countEvents(categories: readonly RepricedCategory[]): number {
  return categories.reduce((sum, { events }) => sum + events, 0);
}
