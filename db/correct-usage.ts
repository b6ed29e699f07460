/**
 * Owns: taking a use back, alone or for another event, in one transaction under the account's lock.
 * Does not own: the decision (domain/usage/correction.ts), the event that takes its place (record-usage.ts), who may.
 */
import { BillingError } from '../domain/billing-error';
import { monthOf } from '../domain/calendar';
import { type Instant, toEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { openMonths } from '../domain/ledger/month';
import {
  type Correction,
  findTakenBack,
  type StoredUse,
  takeBack,
  TAKEN_BACK,
  type TakingBack,
} from '../domain/usage/correction';
import { applyLedgerPlan, lockLedgers } from './repositories/ledger.repository';
import { findStoredUse, insertCorrections } from './repositories/usage-correction.repository';
import type { Transaction } from './transaction';

/** Whose event, which one, and the account's present. */
export interface AskedCorrection {
  readonly accountId: string;
  readonly key: string;
  readonly reason: string;
  readonly at: Instant;
  readonly recordedAt: Instant;
}

export interface CorrectedUse {
  readonly use: StoredUse;
  readonly correction: Correction;
  /** It had been corrected so before: nothing has moved now. */
  readonly isRepeat: boolean;
}

/** An event under the lock of its account. */
export interface LockedUse {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
  readonly use: StoredUse;
}

/**
 * Cancels a use: what it paid returns. A use that is cancelled answers its cancellation and nothing moves. Throws
 * `not_found`, and `invalid_state` for one that was amended: the event in its place is the one to cancel.
 */
export async function cancelUsage(trx: Transaction, asked: AskedCorrection): Promise<CorrectedUse> {
  const locked = await lockUse(trx, asked);
  const before = findTakenBack(locked.use);
  if (before?.kind === 'cancellation') {
    return { use: locked.use, correction: before, isRepeat: true };
  }
  if (before !== null) throw new BillingError('invalid_state', tellTakenBack(before));
  const { reason, at, recordedAt } = asked;
  const taking = {
    kind: 'cancellation',
    reason,
    successor: null,
    keepsVisitor: false,
    at,
  } as const;
  const correction = await keepTakenBack(trx, locked, { ...taking, recordedAt });
  return { use: locked.use, correction, isRepeat: false };
}

/** Locks the account of an event and reads the event. Throws `not_found`. */
async function lockUse(trx: Transaction, asked: AskedCorrection): Promise<LockedUse> {
  const { accountId, key, at, recordedAt } = asked;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  const use = ledger && (await findStoredUse(trx, { accountId, key }));
  if (ledger === undefined || !use) {
    throw new BillingError('not_found', 'There is no such usage event.');
  }
  const reference = `${TAKEN_BACK}/${key}`;
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  openMonths(plan, ledger, { month: monthOf(at, ledger.timeZone), atMs: toEpochMs(at) });
  return { plan, ledger, use };
}

async function keepTakenBack(
  trx: Transaction,
  { plan, ledger, use }: LockedUse,
  { recordedAt, ...taking }: TakingBack & { readonly recordedAt: Instant },
): Promise<Correction> {
  invariant(findTakenBack(use) === null, 'an event is taken back once');
  const correction = takeBack(plan, ledger, { ...taking, use });
  await applyLedgerPlan(trx, plan);
  await insertCorrections(trx, [correction], recordedAt);
  return correction;
}

function tellTakenBack({ kind, successor }: Correction): string {
  if (kind === 'cancellation') return 'The event was cancelled, so there is nothing to amend.';
  return `The event was amended: ${successor?.id} took its place, and is the one to correct.`;
}
