import { newId } from '../../db/new-id';
import { insertHoldTerms } from '../../db/repositories/hold.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import { grantUnits } from '../../domain/ledger/grant';
import { placeHold } from '../../domain/ledger/hold';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';

const SECONDS = 60n;

/** Ten minutes for calls, one of which is held until the middle of the month. */
export async function createHold(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: string },
): Promise<string> {
  const id = newId('hold');
  const deadlineAt = '2026-11-15T00:00:00.000Z';
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  if (ledger === undefined) throw new Error('the account has a ledger');
  const plan = createLedgerPlan([ledger], { reference: id, postedAt: at });
  grantUnits(plan, ledger, {
    code: 'minutes/gift',
    asset: 'call_second',
    source: 'minute_bundle',
    quantity: 10n * SECONDS,
    startsAt: at,
    expiresAt: null,
    at,
    reference: 'minutes/gift',
  });
  const held = { holdId: id, asset: 'call_second', quantity: SECONDS, unitPrice: null };
  placeHold(plan, ledger, { ...held, at, month: '2026-11', deadlineAt });
  await applyLedgerPlan(trx, plan);
  await insertHoldTerms(trx, {
    id,
    accountId,
    kind: 'call',
    status: 'open',
    category: null,
    quantity: SECONDS,
    toPrefix: null,
    deadlineAt,
    placedAt: at,
    closedAt: null,
  });
  return id;
}
