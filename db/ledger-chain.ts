import { hash } from 'node:crypto';
import { toEpochMs } from '../domain/instant';
import {
  canonicalTransfer,
  type LedgerPlan,
  type PlannedTransfer,
} from '../domain/ledger/ledger-plan';
import { invariant } from '../domain/invariant';

export interface SealedTransfer {
  readonly transfer: PlannedTransfer;
  /** Hex of SHA-256 over the hash before and the canonical text. */
  readonly hash: string;
}

/**
 * Links the plan's transfers to the chains of their ledgers, in the order of their numbers, and moves
 * each ledger's chain head on. Nothing may be added to the plan afterwards.
 */
export function sealPlan(plan: LedgerPlan): SealedTransfer[] {
  const ledgers = new Map(plan.ledgers.map((ledger) => [ledger.ledgerId, ledger]));
  const postedAtMs = toEpochMs(plan.postedAt);
  return plan.transfers.map((transfer) => {
    const ledger = ledgers.get(transfer.ledgerId);
    invariant(ledger !== undefined, 'a plan moves only the ledgers it was made for');
    const text = Buffer.from(canonicalTransfer(transfer, postedAtMs));
    ledger.chainHead = hash('sha256', Buffer.concat([Buffer.from(ledger.chainHead, 'hex'), text]));
    return { transfer, hash: ledger.chainHead };
  });
}
