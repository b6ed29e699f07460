/**
 * Owns: which transfers a dispute makes.
 * Does not own: how much (decide-dispute.ts), the writing (db/).
 * Rules: ADR 0048. Everything under the dispute's own reference, so that the ledger itself refuses to do it twice.
 * What is disputed stands in a counter of its own until the bank has decided.
 * Example: opened: wallet/additional to disputed/INR 1 000.00; won: back; lost: disputed/INR to clearing/INR 1 000.00 and
 * tax_payable/INR to clearing/INR 180.00.
 */
import { toEpochMs, type Instant } from '../instant';
import { grantMoney } from '../ledger/grant';
import { postOnce, type LedgerPlan } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';
import { clawBackMoney } from '../ledger/payback';
import { postReturnedTax } from '../payment/payment-tax';
import type { DisputeMoves } from './decide-dispute';
import type { Dispute } from './dispute';

interface Books {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** What a dispute's postings may be called, so that the ledger is locked with what they did before. */
export function disputeReferences(disputeId: string): readonly string[] {
  const reference = disputeReference(disputeId);
  return [reference, `${reference}/won`, `${reference}/lost`];
}

/** What a dispute is called in the ledger and in its document. */
export function disputeReference(disputeId: string): string {
  return `dispute/${disputeId}`;
}

/** Takes, gives back or gives up the money of a dispute as it became. The wallet may go below zero. */
export function postDispute(
  { plan, ledger }: Books,
  { id, status, paymentId }: Pick<Dispute, 'id' | 'status' | 'paymentId'>,
  { moves, at }: { readonly moves: DisputeMoves; readonly at: Instant },
): void {
  const { takenMicros, returnedMicros, lost } = moves;
  const isOver = status === 'won' || status === 'lost';
  const reference = isOver ? `${disputeReference(id)}/${status}` : disputeReference(id);
  const moved = { at, reference, reason: `dispute of payment ${paymentId}` };
  if (takenMicros > 0n) {
    clawBackMoney(plan, ledger, { ...moved, amountMicros: takenMicros, to: 'disputed' });
  }
  if (returnedMicros > 0n) {
    const back = { amountMicros: returnedMicros, kind: 'refund', from: 'disputed' } as const;
    grantMoney(plan, ledger, { ...moved, ...back, source: 'wallet_additional' });
  }
  if (lost === null) return;
  const { subtotal, taxTotal, roundOff } = lost;
  if (subtotal.amountMicros > 0n) {
    postOnce(plan, ledger, {
      debit: contraCode('disputed', ledger.currency),
      credit: contraCode('clearing', ledger.currency),
      asset: ledger.currency,
      amount: subtotal.amountMicros,
      kind: 'clawback',
      reference,
      reason: moved.reason,
      effectiveAtMs: toEpochMs(at),
    });
  }
  const taxMicros = taxTotal.amountMicros;
  postReturnedTax(plan, ledger, {
    reference,
    at,
    taxMicros,
    roundOffMicros: roundOff.amountMicros,
  });
}
