/**
 * Owns: which transfers a reseller's share makes in its customer's ledger.
 * Does not own: how much (share.ts), when it is paid (post-payout.ts).
 * Rules: ADR 0043. The share of a charge stands in the ledger where the charge stands, under a reference that names
 * the documents, so that the ledger itself refuses to share one twice.
 * Example: `revenue-share/inv_1`: revenue/INR to partner_payable/INR 199.80; `revenue-share/cn_1/inv_1`:
 * partner_payable/INR to revenue/INR 66.67.
 */
import { toEpochMs, type Instant } from '../instant';
import { postOnce, type LedgerPlan } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';

export interface SharePosting {
  readonly kind: 'accrual' | 'clawback';
  /** The charge. */
  readonly invoiceId: string;
  /** The document that collected, or gave back. */
  readonly documentId: string;
  readonly shareMicros: bigint;
  readonly at: Instant;
}

/** Moves a share from revenue to what is owed to the partner, or back. Zero moves nothing. */
export function postShare(plan: LedgerPlan, ledger: LedgerState, share: SharePosting): void {
  const { kind, invoiceId, documentId, shareMicros, at } = share;
  if (shareMicros === 0n) return;
  const revenue = contraCode('revenue', ledger.currency);
  const payable = contraCode('partner_payable', ledger.currency);
  const isEarned = kind === 'accrual';
  postOnce(plan, ledger, {
    debit: isEarned ? revenue : payable,
    credit: isEarned ? payable : revenue,
    asset: ledger.currency,
    amount: shareMicros,
    kind: isEarned ? 'charge' : 'clawback',
    reference: isEarned
      ? `revenue-share/${documentId}`
      : `revenue-share/${documentId}/${invoiceId}`,
    reason: isEarned
      ? `the reseller’s share of ${invoiceId}`
      : `its share of ${invoiceId} goes back`,
    effectiveAtMs: toEpochMs(at),
  });
}
