import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { monthOf } from '../../domain/calendar';
import { toEpochMs, type Instant } from '../../domain/instant';
import { openMonths } from '../../domain/ledger/month';
import type { LockedLedgers } from '../../db/lock-ledger';
import type { Locked } from './locked';

/** Locked ledgers and what is to be written into them. */
export interface Posting extends LockedLedgers {
  readonly plan: LedgerPlan;
}

type PostingUnit = Pick<Locked<unknown>, 'trx' | 'ledger' | 'recordedAt'> & Partial<LockedLedgers>;

/**
 * Writes what `post` plans into the unit's ledger, under one reference. Answers what `post` answers. A month
 * that brings money is opened first, so that what was granted on the 1st settles a debt before anything that
 * came later does; one that brings units alone waits for its first use.
 */
export async function postTransfers<T>(
  { trx, ledger, served = ledger, recordedAt }: PostingUnit,
  { reference, at }: { readonly reference: string; readonly at: Instant },
  post: (posting: Posting) => T,
): Promise<T> {
  const ledgers = served === ledger ? [ledger] : [ledger, served];
  const plan = createLedgerPlan(ledgers, { reference, postedAt: recordedAt });
  for (const one of ledgers) {
    if (one.allowances.some(({ asset }) => asset === one.currency)) {
      openMonths(plan, one, { month: monthOf(at, one.timeZone), atMs: toEpochMs(at) });
    }
  }
  const posted = post({ plan, ledger, served });
  await applyLedgerPlan(trx, plan);
  return posted;
}
