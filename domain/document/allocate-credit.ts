/**
 * Owns: which invoices a credit takes back, and how much of each.
 * Does not own: how much is (taken-back.ts), what is credited (subscription/credit.ts).
 * Rules: CGST Act s.34: one credit note may credit several invoices, which it names. The newest comes first,
 * because what was bought last is given back first; never more of one than it has left after the credits and
 * refunds before. What no invoice has left is named by none (ADR 0031).
 * Example: 2 000.00 are left of the second invoice and 999.00 of the first; 2 499.50 are credited: all 2 000.00
 * of the second and 499.50 of the first.
 */
import type { Taxation } from '../tax/taxation';

export interface CreditableInvoice {
  readonly id: string;
  readonly taxation: Taxation;
  /** What it sold less all that was or is about to be taken back of it. */
  readonly leftMicros: bigint;
}

/** So much of a document is taken back by another one. Above zero, with tax. */
export interface CreditedPart {
  readonly id: string;
  readonly amountMicros: bigint;
}

/** Parts of the invoices, newest first, that sum to the amount or to all that is left. */
export function allocateCredit(
  amountMicros: bigint,
  newestFirst: readonly Pick<CreditableInvoice, 'id' | 'leftMicros'>[],
): CreditedPart[] {
  let openMicros = amountMicros;
  return newestFirst.flatMap(({ id, leftMicros }) => {
    const partMicros = leftMicros < openMicros ? leftMicros : openMicros;
    if (partMicros <= 0n) return [];
    openMicros -= partMicros;
    return [{ id, amountMicros: partMicros }];
  });
}
