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

/** Which transfers paid for a use, and how much of each. */
export interface PostedUsage {
  readonly transfers: readonly number[];
  readonly amounts: readonly bigint[];
}

/** Posts units to consumption, money to revenue, and the last of the money, which is the tax, to the state. */
export function postUsageParts(
  plan: LedgerPlan,
  ledger: LedgerState,
  paid: { readonly parts: readonly Part[]; readonly taxMicros: bigint; readonly moment: Moment },
): PostedUsage {
  const { parts, taxMicros, moment } = paid;
  const transfers: number[] = [];
  const amounts: bigint[] = [];
  let netLeft = moneyIn(parts, ledger.currency) - taxMicros;
  for (const part of parts) {
    if (part.bucket.asset !== ledger.currency) {
      post(part, 'consumption', part.amount);
      continue;
    }
    const net = part.amount < netLeft ? part.amount : netLeft;
    netLeft -= net;
    post(part, 'revenue', net);
    post(part, 'tax_payable', part.amount - net);
  }
  return { transfers, amounts };

  function post({ bucket: { code, asset }, hold }: Part, credit: Contra, amount: bigint): void {
    if (amount === 0n) return;
    const number = postUsage(plan, ledger, {
      debit: code,
      credit: contraCode(credit, asset),
      asset,
      amount,
      effectiveAtMs: moment.atMs,
      month: moment.month,
      // What a hold paid stands under the hold.
      reference: hold === undefined ? plan.reference : hold.holdId,
    });
    transfers.push(number);
    amounts.push(amount);
  }
}

function moneyIn(parts: readonly Part[], currency: string): bigint {
  let money = 0n;
  for (const { bucket, amount } of parts) if (bucket.asset === currency) money += amount;
  return money;
}
