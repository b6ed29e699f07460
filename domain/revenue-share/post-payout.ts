/**
 * Owns: which transfers a payout makes in the partner's own ledger.
 * Does not own: how much (decide-payout.ts), what was earned (post-share.ts).
 * Rules: ADR 0043. Money leaves the books before a bank is asked (ADR 0020); what it did not pay comes back. Tax on the
 * commission is input tax: it is paid out of what is owed to the state.
 * Example: 200.00 to the bank: partner_payable/INR to clearing/INR; the bank refuses: clearing/INR to
 * partner_payable/INR. To the wallet: partner_payable/INR to wallet/additional.
 */
import { toEpochMs, type Instant } from '../instant';
import { grantMoney } from '../ledger/grant';
import { postOnce, type LedgerPlan } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';
import type { Payout } from './decide-payout';

interface Books {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** What a payout is called in the ledger and at the bank. */
export function payoutReference(payoutId: string): string {
  return `payout/${payoutId}`;
}

/** Takes what is paid out of what is owed to the partner: into its wallet, or to clearing on its way to a bank. */
export function postPayout(books: Books, payout: Payout, at: Instant): void {
  const { id, target, amountMicros, taxMicros } = payout;
  const reference = payoutReference(id);
  for (const part of partsOf({ amountMicros, taxMicros }, reference)) {
    if (target === 'bank') moveOut(books, { ...part, at, isBack: false });
    else {
      const { from, ...granted } = part;
      const source = 'wallet_additional' as const;
      grantMoney(books.plan, books.ledger, {
        ...granted,
        source,
        kind: 'grant',
        from,
        at,
        reason: REASON,
      });
    }
  }
}

/** Puts back what the bank did not pay. */
export function postPayoutUndone(books: Books, payout: Payout, at: Instant): void {
  const reference = `${payoutReference(payout.id)}/undone`;
  for (const part of partsOf(payout, reference)) moveOut(books, { ...part, at, isBack: true });
}

const REASON = 'payout of the revenue share';

interface Part {
  readonly from: 'partner_payable' | 'tax_payable';
  readonly amountMicros: bigint;
  readonly reference: string;
}

function partsOf(
  { amountMicros, taxMicros }: Pick<Payout, 'amountMicros' | 'taxMicros'>,
  reference: string,
): Part[] {
  const share = { from: 'partner_payable', amountMicros, reference } as const;
  const tax = {
    from: 'tax_payable',
    amountMicros: taxMicros,
    reference: `${reference}/tax`,
  } as const;
  return taxMicros === 0n ? [share] : [share, tax];
}

function moveOut(
  { plan, ledger }: Books,
  move: Part & { readonly at: Instant; readonly isBack: boolean },
): void {
  const owed = contraCode(move.from, ledger.currency);
  const clearing = contraCode('clearing', ledger.currency);
  postOnce(plan, ledger, {
    debit: move.isBack ? clearing : owed,
    credit: move.isBack ? owed : clearing,
    asset: ledger.currency,
    amount: move.amountMicros,
    kind: 'refund',
    reference: move.reference,
    reason: move.isBack ? 'the bank did not pay it' : REASON,
    effectiveAtMs: toEpochMs(move.at),
  });
}
