import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { Locked } from './locked';

/** A locked ledger and what is to be written into it. */
export interface Posting {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** Writes what `post` plans into the unit's ledger, under one reference. Answers what `post` answers. */
export async function postTransfers<T>(
  { trx, ledger, recordedAt }: Pick<Locked<unknown>, 'trx' | 'ledger' | 'recordedAt'>,
  reference: string,
  post: (posting: Posting) => T,
): Promise<T> {
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  const posted = post({ plan, ledger });
  await applyLedgerPlan(trx, plan);
  return posted;
}
