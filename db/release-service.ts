import { lockLedger } from './lock-ledger';
import { disputes, listHoldingDisputes } from './repositories/dispute.repository';
import { insertEvents } from './repositories/event.repository';
import type { Transaction } from './transaction';
import { releaseService, type DisputeChange } from '../domain/dispute/decide-dispute';
import { buildEvents, type NewEvent } from '../domain/event';
import type { Instant } from '../domain/instant';
import { findBucket, walletCode, type LedgerState } from '../domain/ledger/ledger-state';
import { formatAmount } from '../domain/money';

/** Lets the service of an account go on that a lost dispute kept on hold, once money has paid what it took. */
export async function releaseServices(
  trx: Transaction,
  arrival: { readonly accountId: string; readonly at: Instant; readonly recordedAt: Instant },
): Promise<void> {
  const { accountId, at, recordedAt } = arrival;
  const holding = await listHoldingDisputes(trx, accountId);
  if (holding.length === 0) return;
  const left = walletMicros(await lockLedger(trx, accountId));
  for (const record of holding) {
    const change = releaseService(record.state, left);
    if (change === null) continue;
    await disputes.update(trx, record, { state: change.dispute, at });
    await insertEvents(trx, buildDisputeEvents(change, at), recordedAt);
  }
}

/** What the wallet has, below zero what it owes, in micros. */
export function walletMicros(ledger: LedgerState): bigint {
  return findBucket(ledger, walletCode('wallet_additional'))?.posted ?? 0n;
}

/** Events about a dispute, with the facts a receiver needs and nothing personal. */
export function buildDisputeEvents(
  { dispute, events }: Pick<DisputeChange, 'dispute' | 'events'>,
  at: Instant,
): NewEvent[] {
  const { money, fee, takenMicros } = dispute;
  const facts = {
    status: dispute.status,
    payment_id: dispute.paymentId,
    amount: money === null ? null : formatAmount(money),
    currency: money?.currency ?? null,
    taken: money === null ? '0.00' : formatAmount({ ...money, amountMicros: takenMicros }),
    fee: fee === null ? null : formatAmount(fee),
    dispute_reason: dispute.reason,
    evidence_due_at: dispute.evidenceDueAt,
    document_id: dispute.documentId,
  };
  return buildEvents<'dispute'>(dispute, { events, facts, at });
}
