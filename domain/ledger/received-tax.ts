/**
 * Owns: where the tax of money that was paid in goes.
 * Does not own: how much it is (tax/), the money itself (grant.ts), the tax of a charge (tax.ts).
 * Rules: ADR 0013. The wallet is granted the net amount; the tax is owed to the state, and what
 * rounding the total added or took is ours. Together they are what the gateway collected.
 * Example: 1 179.00 INR are paid for a balance of 999.50 plus GST of 179.91: clearing/INR to
 * wallet/additional 999.50, clearing/INR to tax_payable/INR 179.91, revenue/INR to clearing/INR 0.41.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { type LedgerPlan, postOnce } from './ledger-plan';
import { counterCode, type LedgerState } from './ledger-state';

export interface ReceivedTax {
  /** The payment it came with: what makes it happen once. */
  readonly reference: string;
  readonly taxMicros: bigint;
  /** Above zero: the customer paid more than net and tax. Below zero: less. */
  readonly roundOffMicros: bigint;
  readonly at: Instant;
}

/** Moves the tax of a payment from clearing to what is owed, and the round-off to or from revenue. */
export function postReceivedTax(plan: LedgerPlan, ledger: LedgerState, tax: ReceivedTax): void {
  const { reference, taxMicros, roundOffMicros } = tax;
  invariant(taxMicros >= 0n, 'the tax of money that came in is not negative');
  const clearing = counterCode('clearing', ledger.currency);
  const revenue = counterCode('revenue', ledger.currency);
  const common = {
    asset: ledger.currency,
    kind: 'charge',
    reference,
    effectiveAtMs: toEpochMs(tax.at),
  } as const;
  if (taxMicros > 0n) {
    const payable = counterCode('tax_payable', ledger.currency);
    const posting = { debit: clearing, credit: payable, amount: taxMicros };
    postOnce(plan, ledger, { ...common, ...posting, reason: 'tax of the top-up' });
  }
  if (roundOffMicros === 0n) return;
  const sides =
    roundOffMicros > 0n
      ? { debit: clearing, credit: revenue, amount: roundOffMicros }
      : { debit: revenue, credit: clearing, amount: -roundOffMicros };
  postOnce(plan, ledger, { ...common, ...sides, reason: 'round-off of the top-up' });
}
