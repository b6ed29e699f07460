import type { z } from 'zod';
import type { CorrectedUse } from '../../db/correct-usage';
import type { Account } from '../../db/repositories/account.repository';
import { formatAmount } from '../../domain/money';
import type { CorrectedPart } from '../../domain/usage/correction';
import type { usageCorrectionSchema } from '../schemas/usage-correction.schema';
import { toApiCharge } from './usage-result.presenter';

type ApiCorrection = z.input<typeof usageCorrectionSchema>;

/** How an event was taken back, and what came of what it had paid. */
export function toApiCorrection(
  { id: accountId, currency }: Pick<Account, 'id' | 'currency'>,
  { use, correction, visitor }: CorrectedUse,
): ApiCorrection {
  const parts = [...correction.parts, ...(visitor?.parts ?? [])];
  const inheritedMicros = visitor === null ? 0n : visitor.amountMicros + visitor.visitorMicros;
  const toAmount = (amountMicros: bigint): string => formatAmount({ amountMicros, currency });
  return {
    event_id: use.id,
    account_id: accountId,
    kind: correction.kind,
    reason: correction.reason,
    corrected_at: correction.correctedAt,
    date: correction.localDate,
    category: correction.category,
    quantity: Number(correction.quantity),
    amount: toAmount(correction.amountMicros),
    visitor_amount: toAmount(correction.visitorMicros + inheritedMicros),
    currency,
    returned: parts.filter(({ isExpired }) => !isExpired).map(toReturned),
    expired: parts.filter(({ isExpired }) => isExpired).map(toReturned),
    reference: `${correction.run}/${correction.key}`,
    replaced_by: correction.successor?.id ?? null,
  };
}

function toReturned(part: CorrectedPart): ApiCorrection['returned'][number] {
  return toApiCharge({ ...part, amount: -part.amount });
}
