import type { z } from 'zod';
import type { UsageEventView } from '../../db/repositories/usage-event.repository';
import type { usageEventSchema } from '../schemas/usage-event.schema';
import { toApiValue } from './ledger.presenter';

/** One use, and what paid for it (R2.18). */
export function toApiUsageEvent(event: UsageEventView): z.input<typeof usageEventSchema> {
  return {
    id: event.key,
    occurred_at: event.occurredAt,
    category: event.category,
    asset: event.asset,
    quantity: Number(event.quantity),
    charges: event.charges.map(({ bucket, asset, amount }) => {
      const value = toApiValue(asset, amount);
      return { bucket, ...(typeof value === 'number' ? { quantity: value } : { amount: value }) };
    }),
    rate: event.rate,
    recorded_at: event.recordedAt,
  };
}
