/**
 * Owns: the transfers of what paid for a use, and which part of the money is its tax.
 * Does not own: what pays (pay-usage.ts), how much the tax is (tax/usage-tax.ts).
 * Rules: ADR 0035. Price and tax leave the wallet in one instant, as transfers of the kind usage.
 * Example: 1.77 from two wallets, 0.27 of it tax: 1.00 and 0.50 to revenue, the last 0.27 to tax_payable.
 */
import type { Part } from '../ledger/burn';
import { type LedgerPlan, postUsage } from '../ledger/ledger-plan';
import { type Contra, contraCode, type LedgerState } from '../ledger/ledger-state';
import type { Moment } from './pay-usage';

interface Share {
  readonly part: Part;
  readonly credit: Contra;
  readonly amount: bigint;
}

/** Posts units to consumption, money to revenue, and the last of the money, which is the tax, to the state. */
export function postUsageParts(
  plan: LedgerPlan,
  ledger: LedgerState,
  paid: { readonly parts: readonly Part[]; readonly taxMicros: bigint; readonly moment: Moment },
): { readonly number: number; readonly amount: bigint }[] {
  return splitParts(ledger.currency, paid).map(({ part, credit, amount }) => {
    const { code, asset } = part.bucket;
    const number = postUsage(plan, ledger, {
      debit: code,
      credit: contraCode(credit, asset),
      asset,
      amount,
      effectiveAtMs: paid.moment.atMs,
      month: paid.moment.month,
      // What a hold paid stands under the hold.
      ...(part.hold === undefined ? {} : { reference: part.hold.holdId }),
    });
    return { number, amount };
  });
}

function splitParts(
  currency: string,
  { parts, taxMicros }: { readonly parts: readonly Part[]; readonly taxMicros: bigint },
): Share[] {
  const lastFirst: Share[] = [];
  let taxLeft = taxMicros;
  for (const part of parts.toReversed()) {
    const isMoney = part.bucket.asset === currency;
    const ofTax = isMoney && taxLeft < part.amount ? taxLeft : isMoney ? part.amount : 0n;
    const amount = part.amount - ofTax;
    taxLeft -= ofTax;
    if (ofTax > 0n) lastFirst.push({ part, credit: 'tax_payable', amount: ofTax });
    if (amount > 0n) lastFirst.push({ part, credit: isMoney ? 'revenue' : 'consumption', amount });
  }
  return lastFirst.toReversed();
}
