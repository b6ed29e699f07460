import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { monthOf } from '../../domain/calendar';
import { toEpochMs, type Instant } from '../../domain/instant';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { openMonths } from '../../domain/ledger/month';
import type { Locked } from './locked';

/** A locked ledger and what is to be written into it. */
export interface Posting {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/**
 * Writes what `post` plans into the unit's ledger, under one reference. Answers what `post` answers. A month
 * that brings money is opened first, so that what was granted on the 1st settles a debt before anything that
 * came later does; one that brings units alone waits for its first use.
 */
export async function postTransfers<T>(
  { trx, ledger, recordedAt }: Pick<Locked<unknown>, 'trx' | 'ledger' | 'recordedAt'>,
  { reference, at }: { readonly reference: string; readonly at: Instant },
  post: (posting: Posting) => T,
): Promise<T> {
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  if (ledger.allowances.some(({ asset }) => asset === ledger.currency)) {
    openMonths(plan, ledger, { month: monthOf(at, ledger.timeZone), atMs: toEpochMs(at) });
  }
  const posted = post({ plan, ledger });
  await applyLedgerPlan(trx, plan);
  return posted;
}
