import { insertEvents } from '../../db/repositories/event.repository';
import type { CorrectedUse } from '../../db/correct-usage';
import type { Account } from '../../db/repositories/account.repository';
import type { Transaction } from '../../db/transaction';
import { buildEvents, type EventOf } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';

/** Tells of a correction, in its transaction; of one that had been made before, nothing. */
export async function tellCorrection(
  trx: Transaction,
  { id: accountId, currency }: Account,
  { use, correction, visitor, isRepeat }: CorrectedUse,
  recordedAt: Instant,
): Promise<void> {
  if (isRepeat) return;
  const { reason, successor, correctedAt: at } = correction;
  const amountMicros = [correction, visitor].reduce(
    (sum, one) => sum + (one === null ? 0n : one.amountMicros + one.visitorMicros),
    0n,
  );
  const amount = formatAmount({ amountMicros, currency });
  const event: EventOf<'usage'> =
    successor === null
      ? { type: 'usage.cancelled', reason }
      : { type: 'usage.amended', reason, data: { replaced_by: successor.id } };
  const told = { events: [event], facts: { amount, currency }, at };
  await insertEvents(trx, buildEvents<'usage'>({ id: use.id, accountId }, told), recordedAt);
}
