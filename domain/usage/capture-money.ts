/**
 * Owns: paying an amount of money from a hold without a usage event, with the tax that is in it.
 * Does not own: units, which bear no tax (ledger/hold.ts), what is paid by events (pay-usage.ts).
 * Rules: ADR 0035. The amount is what leaves the hold, which reserved prices with their taxes, so the tax is within it.
 * It stands on the document of the month under what the hold was for, as one piece: no event says how many units.
 * Example: 1.18 INR captured at IGST 18 %: 1.00 to revenue, 0.18 to tax_payable.
 */
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import type { Part } from '../ledger/burn';
import { type CaptureOutcome, drawOnHold, type Hold, noteDrawn } from '../ledger/hold';
import { type LedgerPlan, noteUsageCharge } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import { taxWithin, type UsageTax } from '../tax/usage-tax';
import type { HoldKind } from './hold-terms';
import { postUsageParts } from './post-usage';

/** Pays an amount above zero from what a hold reserves of money, or nothing when it has less. */
export function captureMoney(
  plan: LedgerPlan,
  ledger: LedgerState,
  capture: {
    readonly hold: Hold;
    readonly kind: HoldKind;
    readonly amountMicros: bigint;
    readonly tax: UsageTax;
    readonly at: Instant;
    readonly month: MonthKey;
  },
): CaptureOutcome {
  const { hold, kind, amountMicros: amount, tax, at, month } = capture;
  const { ledgerId, currency: asset } = ledger;
  const remaining = hold.parts.reduce(
    (sum, part) => (part.asset === asset ? sum + part.remaining : sum),
    0n,
  );
  if (amount > remaining) return { kind: 'exceeds_hold', remaining };
  const parts: Part[] = [];
  const missing = drawOnHold(ledger, { hold, asset, amount, month }, parts);
  invariant(missing === 0n, 'money is of no month');
  noteDrawn(plan, parts);
  const money = taxWithin(tax, { paidMicros: amount, isTelecom: kind === 'call' });
  const moment = { atMs: toEpochMs(at), month, mayOverdraw: false };
  postUsageParts(plan, ledger, { parts, taxMicros: money.taxMicros, moment });
  const charged = { ledgerId, month, category: `held_${kind}`, taxation: tax.taxation };
  noteUsageCharge(plan, charged, { quantity: 1n, ...money });
  return {
    kind: 'captured',
    parts: parts.map(({ bucket, amount: paid }) => ({ bucket: bucket.code, amount: paid })),
  };
}
