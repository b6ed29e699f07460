/**
 * Owns: ending the holds whose deadline has passed, and telling what is free again.
 * Does not own: how a hold ends (db/close-hold.ts), other ends of it (its owner's requests).
 */
import { closeHold } from '../../db/close-hold';
import { insertEvents } from '../../db/repositories/event.repository';
import { findEarliestDeadline } from '../../db/repositories/hold.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { buildEvents } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import type { HoldTerms } from '../../domain/usage/hold-terms';
import type { ActivityDependencies } from '../dependencies';

type ExpiryDependencies = Pick<ActivityDependencies, 'database' | 'now'>;

/**
 * Ends a hold at its deadline. One that has ended or was extended meanwhile is left as it is. `present`: the account's,
 * at or after the deadline.
 */
export async function expireHold(
  { database, now }: ExpiryDependencies,
  { id, accountId, deadlineAt, kind }: HoldTerms,
  present: Instant,
): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    const recordedAt = now();
    const closing = { id, accountId, status: 'expired', at: deadlineAt } as const;
    const { released } = await closeHold(trx, { ...closing, present, recordedAt });
    if (released.length === 0) return;
    const reason = 'the deadline of the hold has passed: what it still held is free again';
    const events = buildEvents<'hold'>(
      { id, accountId },
      {
        at: deadlineAt,
        facts: { kind, deadline_at: deadlineAt },
        events: [{ type: 'hold.expired', reason }],
      },
    );
    await insertEvents(trx, events, recordedAt);
  });
}

/** The hold of an account on a test clock whose deadline comes first, if that is by `to`. */
export async function findExpiringHold(
  { database }: Pick<ExpiryDependencies, 'database'>,
  due: { readonly accountId: string; readonly to: Instant },
): Promise<HoldTerms | null> {
  return withTransaction(database, SYSTEM, (trx) => findEarliestDeadline(trx, due));
}
