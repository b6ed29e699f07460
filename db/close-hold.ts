/**
 * Owns: ending a hold: what it still reserves is free again, and its terms say how it ended.
 * Does not own: when (its owner, or its deadline), the decision (domain/ledger/hold.ts).
 */
import { monthOf } from '../domain/calendar';
import { isBefore, type Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { type Hold, isCaptured, releaseHold } from '../domain/ledger/hold';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import type { HoldStatus, HoldTerms } from '../domain/usage/hold-terms';
import type { UsageEvent } from '../domain/usage/usage-event';
import { getHoldTerms, noteHoldCaptured, updateHoldTerms } from './repositories/hold.repository';
import { applyLedgerPlan, findHold, lockLedgers } from './repositories/ledger.repository';
import type { Transaction } from './transaction';

export interface ClosedHold {
  readonly terms: HoldTerms;
  readonly released: readonly { readonly bucket: string; readonly amount: bigint }[];
}

/** Ends the holds that a plan's usage has paid the last of: nothing is left for a deadline to release. */
export async function closeCaptured(
  trx: Transaction,
  plan: LedgerPlan,
  used: { readonly holds: Iterable<Hold>; readonly events: readonly UsageEvent[] },
): Promise<void> {
  const paid = new Set(plan.holds.values());
  for (const hold of used.holds) {
    if (!isCaptured(hold) || !hold.parts.some((part) => paid.has(part))) continue;
    const last = used.events.findLast(({ holdId }) => holdId === hold.holdId);
    invariant(last !== undefined, 'only usage that names a hold is paid from it');
    await noteHoldCaptured(trx, { id: hold.holdId, at: last.receivedAt });
  }
}

/**
 * Ends a hold that is open. One that has ended already is left as it is, and so is one that was to expire when its
 * deadline was moved ahead.
 */
export async function closeHold(
  trx: Transaction,
  closing: {
    readonly id: string;
    readonly accountId: string;
    readonly status: Exclude<HoldStatus, 'open'>;
    readonly at: Instant;
    /** The account's: what it still held may lie in a bucket that has ended since `at`. */
    readonly present: Instant;
    readonly recordedAt: Instant;
  },
): Promise<ClosedHold> {
  const { id, accountId, status, at, present, recordedAt } = closing;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  invariant(ledger !== undefined, `account ${accountId} has no ledger`);
  const before = await getHoldTerms(trx, id);
  const isExtended = status === 'expired' && isBefore(at, before.deadlineAt);
  if (before.status !== 'open' || isExtended) return { terms: before, released: [] };
  const hold = await findHold(trx, ledger, id);
  const plan = createLedgerPlan([ledger], { reference: id, postedAt: recordedAt });
  const release = { at: present, month: monthOf(present, ledger.timeZone) };
  const released = hold === null ? [] : releaseHold(plan, ledger, { hold, ...release });
  await applyLedgerPlan(trx, plan);
  const terms: HoldTerms = { ...before, status, closedAt: at };
  await updateHoldTerms(trx, terms);
  return { terms, released };
}
