import { insertEvents } from '../../db/repositories/event.repository';
import { findPayout, settlePayout } from '../../db/repositories/payout.repository';
import {
  revenueShares,
  type RevenueShareRecord,
} from '../../db/repositories/revenue-share.repository';
import { markPaid } from '../../db/repositories/revenue-share-statement.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { laterOf, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { isDueAction } from '../../domain/next-action';
import {
  decideSent,
  type Payout,
  type PayoutOutcome,
} from '../../domain/revenue-share/decide-payout';
import { payoutReference, postPayoutUndone } from '../../domain/revenue-share/post-payout';
import type { RevenueShareStep } from '../../workflows/revenue-share.messages';
import { GatewayRejected } from '../../gateways/payment-gateway';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { withLocked, type Locked, type TimedTarget } from '../lifecycle/locked';
import { postTransfers } from '../lifecycle/post-transfers';
import { withApplicationFailures } from '../to-application-failure';
import { buildRevenueShareEvents } from './revenue-share-events';

export type PayoutActivities = ReturnType<typeof createPayoutActivities>;

/**
 * What a bank is asked for. The money has left the books in another transaction; the bank is asked under the payout's
 * own reference, and what it answered is recorded in a third.
 */
export function createPayoutActivities(dependencies: ActivityDependencies) {
  return withApplicationFailures({
    /** Looks the payout up at the bank, sends it when the bank has never heard of it, records how it stands. */
    async sendPayout(task: TimedTarget): Promise<RevenueShareStep> {
      const payout = await findUnderWay(dependencies, task.id);
      const outcome = payout === null ? null : await ask(dependencies, payout);
      const asked = { request: task, asked: 'send_payout' };
      return withLocked(dependencies, revenueShares, asked, async (locked) => {
        const { record } = locked;
        const isOver = payout === null || record.state.payout?.id !== payout.id;
        if (isOver) return revenueShares.stepOf(record);
        const at = laterOf(task.now, await findAccountNow(locked));
        return revenueShares.stepOf(await settle(locked, payout, { outcome, at }));
      });
    },

    /** Records that the bank gave no answer, so that the next look lies ahead. */
    async notePayoutUnanswered(task: TimedTarget): Promise<RevenueShareStep> {
      const { now: at, dueAt = at } = task;
      const payout = await findUnderWay(dependencies, task.id);
      const asked = { request: task, asked: 'send_payout' };
      return withLocked(dependencies, revenueShares, asked, async (locked) => {
        const { record } = locked;
        const next = revenueShares.decideNextAction(record.state);
        // Noted before: its worker died after the commit.
        const isNoted = payout === null || !isDueAction(next) || next.at !== dueAt;
        if (isNoted) return revenueShares.stepOf(record);
        return revenueShares.stepOf(await settle(locked, payout, { outcome: null, at }));
      });
    },
  });
}

/** The payout that the share waits for, or null. */
async function findUnderWay(
  { database }: ActivityDependencies,
  partnerId: string,
): Promise<Payout | null> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const record = await revenueShares.find(trx, partnerId);
    const id = record?.state.payout?.id;
    if (id === undefined) return null;
    const payout = await findPayout(trx, id);
    invariant(payout !== null, `payout ${id} has no row`);
    return payout;
  });
}

/** Whatever was asked before, and however that ended: looked up first, it is never sent twice. */
async function ask({ payoutBank }: ActivityDependencies, payout: Payout): Promise<PayoutOutcome> {
  const { id, partnerId, currency, amountMicros, taxMicros } = payout;
  if (payoutBank === null) return { kind: 'failed', reason: 'no_payout_bank' };
  const reference = payoutReference(id);
  const found = await payoutBank.find({ reference });
  if (found !== null) return found;
  const money = { amountMicros: amountMicros + taxMicros, currency };
  try {
    return await payoutBank.send({ reference, beneficiary: partnerId, money });
  } catch (error) {
    if (!(error instanceof GatewayRejected) || isAboutUs(error)) throw error;
    // A definite no: what it has of this payout, if anything, counts for more.
    const known = await payoutBank.find({ reference });
    return known ?? { kind: 'failed', reason: error.code };
  }
}

/** A refusal of our key or of a reference that was used for another payout says nothing of this one. */
function isAboutUs({ httpStatus, code }: GatewayRejected): boolean {
  return httpStatus === 401 || httpStatus === 403 || code === 'idempotency_error';
}

async function settle(
  locked: Locked<RevenueShareRecord>,
  payout: Payout,
  answered: { readonly outcome: PayoutOutcome | null; readonly at: Instant },
): Promise<RevenueShareRecord> {
  const { trx, record, recordedAt } = locked;
  const { at } = answered;
  const { share, payout: after, events } = decideSent(record.state, payout, answered);
  if (after.status === 'failed') {
    await postTransfers(locked, { reference: payoutReference(payout.id), at }, (posting) =>
      postPayoutUndone(posting, payout, at),
    );
    await markPaid(trx, { partnerId: share.id, months: payout.months, payoutId: null });
  }
  if (after.status !== 'sending') await settlePayout(trx, after);
  const told = buildRevenueShareEvents(share, { about: after, events, at });
  await insertEvents(trx, told, recordedAt);
  return revenueShares.update(trx, record, { state: share, at });
}
