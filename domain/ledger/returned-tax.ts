/**
 * Owns: where the tax of money that is given back comes from.
 * Does not own: how much it is (refund/split-refund.ts), the money itself (payback.ts), the tax of a
 * credit to the wallet (tax.ts).
 * Rules: ADR 0020. The mirror of received-tax.ts: the wallet pays the net amount, the state is owed that
 * much less tax, and the round-off comes from where it went. Together they are what the gateway returns.
 * Example: of a top-up of 1 179.00 INR all goes back: wallet/additional 999.50 and tax_payable/INR 179.91
 * to clearing/INR, 0.41 from clearing/INR to revenue/INR.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { type LedgerPlan, postOnce } from './ledger-plan';
import { counterCode, type LedgerState } from './ledger-state';

export interface ReturnedTax {
  /** The refund it goes back with: what makes it happen once. */
  readonly reference: string;
  readonly taxMicros: bigint;
  /** Above zero: more than net and tax goes back, as more was paid. Below zero: less. */
  readonly roundOffMicros: bigint;
  readonly at: Instant;
}

/** Moves the tax of a refund from what is owed to clearing, and the round-off from or to revenue. */
export function postReturnedTax(plan: LedgerPlan, ledger: LedgerState, tax: ReturnedTax): void {
  const { reference, taxMicros, roundOffMicros } = tax;
  invariant(taxMicros >= 0n, 'the tax of money that goes back is not negative');
  const clearing = counterCode('clearing', ledger.currency);
  const revenue = counterCode('revenue', ledger.currency);
  const common = {
    asset: ledger.currency,
    kind: 'refund',
    reference,
    effectiveAtMs: toEpochMs(tax.at),
  } as const;
  if (taxMicros > 0n) {
    const payable = counterCode('tax_payable', ledger.currency);
    const posting = { debit: payable, credit: clearing, amount: taxMicros };
    postOnce(plan, ledger, { ...common, ...posting, reason: 'tax of the refund' });
  }
  if (roundOffMicros === 0n) return;
  const sides =
    roundOffMicros > 0n
      ? { debit: revenue, credit: clearing, amount: roundOffMicros }
      : { debit: clearing, credit: revenue, amount: -roundOffMicros };
  postOnce(plan, ledger, { ...common, ...sides, reason: 'round-off of the refund' });
}
