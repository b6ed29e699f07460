/**
 * Owns: moving money between two wallets in one transaction, and telling both accounts and whoever waits for it.
 * Does not own: who may do it (api/), how it is posted (domain/ledger/balance-transfer.ts).
 */
import { buildEvents, type EventOf } from '../domain/event';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { transferableMoney, transferBalance } from '../domain/ledger/balance-transfer';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import { formatAmount, type Money } from '../domain/money';
import { insertEvents } from './repositories/event.repository';
import { applyLedgerPlan, lockLedgers } from './repositories/ledger.repository';
import type { Transaction } from './transaction';
import { noteMoneyCame } from './waiting-lifecycles';

export interface BalanceMove {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: Money;
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** Moves all of it, or answers how much could be moved. Both ledgers are locked, in the order everyone locks them. */
export async function moveBalance(
  trx: Transaction,
  move: BalanceMove,
): Promise<{ readonly kind: 'moved' } | { readonly kind: 'short'; readonly freeMicros: bigint }> {
  const { id, amount, at, recordedAt } = move;
  const ledgers = await lockLedgers(trx, [move.from, move.to]);
  const [from, to] = [ledgers.get(move.from), ledgers.get(move.to)];
  invariant(from !== undefined && to !== undefined, 'both accounts have a ledger');
  const freeMicros = transferableMoney(from);
  const reference = `transfer/${id}`;
  const plan = createLedgerPlan([from, to], { reference, postedAt: recordedAt });
  const moving = { from, to, amountMicros: amount.amountMicros, at, reference };
  if (transferBalance(plan, moving) !== 'transferred') return { kind: 'short', freeMicros };
  await applyLedgerPlan(trx, plan);
  await noteMoneyCame(trx, { accountId: move.to, causedBy: id, at, recordedAt });
  await insertEvents(trx, tellBoth(move), recordedAt);
  return { kind: 'moved' };
}

function tellBoth({ id, from, to, amount, at }: BalanceMove) {
  const said = `${formatAmount(amount)} ${amount.currency}`;
  const tell = (accountId: string, event: EventOf<'account'>) =>
    buildEvents<'account'>({ id: accountId, accountId }, { events: [event], facts: {}, at });
  const facts = { transfer_id: id, amount: formatAmount(amount), currency: amount.currency };
  return [
    ...tell(from, {
      type: 'balance.sent',
      reason: `${said} went to ${to}`,
      data: { ...facts, other_account_id: to },
    }),
    ...tell(to, {
      type: 'balance.received',
      reason: `${said} came from ${from}`,
      data: { ...facts, other_account_id: from },
    }),
  ];
}
