/**
 * Owns: which transfers a refund makes: when it is asked for, when the money is back, when it is refused.
 * Does not own: the decision (decide-refund.ts, refund.ts) and the writing (db/).
 * Rules: ADR 0020; everything under the refund's own reference, so that the ledger itself refuses to do
 * it twice. Clearing holds what is on its way between our books and a gateway.
 * Example: 590.00 INR (500.00 and 90.00 tax) of a payment: wallet/additional to clearing/INR 500.00 when it
 * is asked for, tax_payable/INR to clearing/INR 90.00 when it is back; or clearing/INR to
 * wallet/additional 500.00 when the gateway refuses.
 */
import { toEpochMs, type Instant } from '../instant';
import { invariant } from '../invariant';
import { grantMoney } from '../ledger/grant';
import { postOnce, type LedgerPlan } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';
import { payOutMoney } from '../ledger/payback';
import { postReturnedTax } from '../payment/payment-tax';
import { postTax } from '../ledger/tax';
import type { Refund } from './refund';

interface Books {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** What a refund is called in the ledger, at the gateway and in its document. */
export function refundReference(refundId: string): string {
  return `refund/${refundId}`;
}

/** Takes what is to be given back: to clearing, or into the wallet, where it has arrived. */
export function postRequested({ plan, ledger }: Books, refund: Refund, at: Instant): void {
  const { id, sale, subject, to } = refund;
  const reference = refundReference(id);
  const reason = `refund of ${subject.kind} ${subject.id}`;
  if (subject.kind === 'payment') {
    const { amountMicros } = sale.subtotal;
    if (amountMicros === 0n) return; // A last crumb may be tax only.
    const paidOut = payOutMoney(plan, ledger, { amountMicros, at, reference, reason });
    invariant(paidOut.kind === 'charged', 'decided to give back what the wallet does not hold');
    return;
  }
  const { amountMicros } = sale.total;
  if (to === 'source') {
    moveRevenue({ plan, ledger }, { amountMicros, reference, reason, at, isBack: false });
    return;
  }
  const credited = { amountMicros, kind: 'refund', from: 'revenue' } as const;
  grantMoney(plan, ledger, { ...credited, source: 'wallet_additional', at, reference, reason });
  postTax(plan, ledger, { reference, taxMicros: -sale.taxTotal.amountMicros, at });
}

/** What a gateway has given back bears its tax no more. */
export function postReturned({ plan, ledger }: Books, refund: Refund, at: Instant): void {
  const { id, sale, subject } = refund;
  const reference = refundReference(id);
  const taxMicros = sale.taxTotal.amountMicros;
  if (subject.kind === 'invoice') {
    postTax(plan, ledger, { reference, taxMicros: -taxMicros, at });
    return;
  }
  const roundOffMicros = sale.roundOff.amountMicros;
  postReturnedTax(plan, ledger, { reference, taxMicros, roundOffMicros, at });
}

/** Puts back what a gateway did not give back. */
export function postUndone({ plan, ledger }: Books, refund: Refund, at: Instant): void {
  const { id, sale, subject } = refund;
  const reference = `${refundReference(id)}/undone`;
  const reason = `refund ${id} was refused`;
  if (subject.kind === 'invoice') {
    const { amountMicros } = sale.total;
    moveRevenue({ plan, ledger }, { amountMicros, reference, reason, at, isBack: true });
    return;
  }
  const { amountMicros } = sale.subtotal;
  if (amountMicros === 0n) return;
  const undone = { amountMicros, kind: 'refund', from: 'clearing' } as const;
  grantMoney(plan, ledger, { ...undone, source: 'wallet_additional', at, reference, reason });
}

function moveRevenue(
  { plan, ledger }: Books,
  move: {
    readonly amountMicros: bigint;
    readonly reference: string;
    readonly reason: string;
    readonly at: Instant;
    readonly isBack: boolean;
  },
): void {
  const { amountMicros, reference, reason, at, isBack } = move;
  const revenue = contraCode('revenue', ledger.currency);
  const clearing = contraCode('clearing', ledger.currency);
  postOnce(plan, ledger, {
    debit: isBack ? clearing : revenue,
    credit: isBack ? revenue : clearing,
    asset: ledger.currency,
    amount: amountMicros,
    kind: 'refund',
    reference,
    reason,
    effectiveAtMs: toEpochMs(at),
  });
}
