import { newId } from '../../db/new-id';
import { insertHoldTerms } from '../../db/repositories/hold.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import { grantUnits } from '../../domain/ledger/grant';
import { placeHold } from '../../domain/ledger/hold';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';

const MEMBERS = 3n;

/** Ten WhatsApp conversations, three of which are held for a group until the middle of the month. */
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
    code: 'conversations/gift',
    asset: 'wa_conversation',
    source: 'package',
    quantity: 10n,
    startsAt: at,
    expiresAt: null,
    at,
    reference: 'conversations/gift',
  });
  const held = { holdId: id, asset: 'wa_conversation', quantity: MEMBERS, unitPrice: null };
  placeHold(plan, ledger, { ...held, at, month: '2026-11', deadlineAt });
  await applyLedgerPlan(trx, plan);
  await insertHoldTerms(trx, {
    id,
    accountId,
    kind: 'group_message',
    status: 'open',
    category: 'utility',
    quantity: MEMBERS,
    toPrefix: null,
    deadlineAt,
    placedAt: at,
    closedAt: null,
  });
  return id;
}
