/**
 * Owns: where the tax of money that was paid in goes, and where it comes from when money is given back.
 * Does not own: how much it is (tax/, refund/split-refund.ts), the money itself (grant.ts, payback.ts),
 * the tax of a charge or of a credit to the wallet (tax.ts).
 * Rules: ADR 0013, ADR 0020. The wallet is granted the net amount; the tax is owed to the state, and what
 * rounding the total added or took is ours. Together they are what the gateway collected. A refund is
 * the mirror: each transfer goes the other way.
 * Example: 1 179.00 INR are paid for a balance of 999.50 plus GST of 179.91: clearing/INR to
 * wallet/additional 999.50, clearing/INR to tax_payable/INR 179.91, revenue/INR to clearing/INR 0.41.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { type LedgerPlan, type Posting, postOnce } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';

export interface PaymentTax {
  /** The payment or refund it goes with: what makes it happen once. */
  readonly reference: string;
  readonly taxMicros: bigint;
  /** Above zero: more than net and tax was paid, or goes back. Below zero: less. */
  readonly roundOffMicros: bigint;
  readonly at: Instant;
}

/** Moves the tax of a payment from clearing to what is owed, and the round-off to or from revenue. */
export function postReceivedTax(plan: LedgerPlan, ledger: LedgerState, tax: PaymentTax): void {
  for (const { what, ...sides } of leavingClearing(ledger, tax)) {
    const posting = { ...sides, reference: tax.reference, kind: 'charge' } as const;
    postOnce(plan, ledger, { ...posting, reason: `${what} of the top-up` });
  }
}

/** Moves the tax of a refund from what is owed to clearing, and the round-off from or to revenue. */
export function postReturnedTax(plan: LedgerPlan, ledger: LedgerState, tax: PaymentTax): void {
  for (const { what, debit, credit, ...sides } of leavingClearing(ledger, tax)) {
    const mirrored = { ...sides, debit: credit, credit: debit };
    const posting = { ...mirrored, reference: tax.reference, kind: 'refund' } as const;
    postOnce(plan, ledger, { ...posting, reason: `${what} of the refund` });
  }
}

/** What of a payment does not reach the wallet, as it leaves clearing. Amounts of zero are left out. */
function leavingClearing(
  { currency }: LedgerState,
  { taxMicros, roundOffMicros, at }: PaymentTax,
): (Posting & { readonly what: string })[] {
  invariant(taxMicros >= 0n, 'the tax of a payment or refund is not negative');
  const clearing = contraCode('clearing', currency);
  const revenue = contraCode('revenue', currency);
  const common = { asset: currency, effectiveAtMs: toEpochMs(at) };
  const tax = {
    ...common,
    what: 'tax',
    debit: clearing,
    credit: contraCode('tax_payable', currency),
    amount: taxMicros,
  };
  const roundOff = { ...common, what: 'round-off' };
  return [
    tax,
    roundOffMicros > 0n
      ? { ...roundOff, debit: clearing, credit: revenue, amount: roundOffMicros }
      : { ...roundOff, debit: revenue, credit: clearing, amount: -roundOffMicros },
  ].filter(({ amount }) => amount > 0n);
}
