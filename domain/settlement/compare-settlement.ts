/**
 * Owns: comparing what a gateway settled on a day with what our books have: every movement of either side ends in
 * exactly one line.
 * Does not own: asking the gateway (gateways/settlements.ts), which movements of ours are looked at (db/), what
 * follows from a difference (activities/settlement/).
 * Rules: ADR 0050. A movement is matched by its kind and payment; of several refunds of a payment those of equal
 * amounts belong together, the rest in their order. Nothing is repaired here.
 * Example: 1 180.00 were settled for `pay_1`, of which our books have 1 180.00: `matched`; 1 100.00 would be
 * `amount_differs`; a payment we never heard of `missing_here`; one of ours, never settled in a week, `missing_there`.
 */
import type { Instant } from '../instant';
import type { Money } from '../money';

export const SETTLED_KINDS = ['payment', 'refund', 'dispute', 'other'] as const;
export type SettledKind = (typeof SETTLED_KINDS)[number];

/** A movement as the gateway settled it. */
export interface SettledMovement {
  readonly entryId: string;
  readonly kind: SettledKind;
  readonly gatewayPaymentId: string | null;
  /** Above zero to us, below zero from us; before fees. */
  readonly money: Money;
  readonly fee: Money;
  readonly settledAt: Instant;
}

/** A movement as our books have it. */
export interface BookedMovement {
  readonly kind: Exclude<SettledKind, 'other'>;
  /** Of the payment, refund or dispute. */
  readonly id: string;
  readonly accountId: string;
  readonly gatewayPaymentId: string;
  readonly money: Money;
  /** So old that it must have been settled by now. */
  readonly isOverdue: boolean;
}

export const DISCREPANCIES = ['missing_here', 'missing_there', 'amount_differs'] as const;
export type Discrepancy = (typeof DISCREPANCIES)[number];
export const VERDICTS = ['matched', ...DISCREPANCIES, 'not_compared'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `not_compared`: fees, payouts and corrections of the gateway's own. */
export type SettlementLine =
  | {
      readonly verdict: 'matched' | 'amount_differs';
      readonly settled: SettledMovement;
      readonly booked: BookedMovement;
    }
  | {
      readonly verdict: 'missing_here' | 'not_compared';
      readonly settled: SettledMovement;
      readonly booked: null;
    }
  | { readonly verdict: 'missing_there'; readonly settled: null; readonly booked: BookedMovement };

export function isDiscrepancy(verdict: Verdict): verdict is Discrepancy {
  return verdict !== 'matched' && verdict !== 'not_compared';
}

/** The lines of a day: the gateway's movements in their order, then what it should have settled. */
export function compareSettlement(
  settled: readonly SettledMovement[],
  booked: readonly BookedMovement[],
): SettlementLine[] {
  const pairs = pair(settled, booked);
  const paired = new Set(pairs.values());
  const theirs = settled.map((movement): SettlementLine => {
    const partner = pairs.get(movement) ?? null;
    if (movement.kind === 'other')
      return { verdict: 'not_compared', settled: movement, booked: null };
    if (partner === null) return { verdict: 'missing_here', settled: movement, booked: null };
    const verdict = isSameMoney(movement.money, partner.money) ? 'matched' : 'amount_differs';
    return { verdict, settled: movement, booked: partner };
  });
  const ours = booked
    .filter((movement) => movement.isOverdue && !paired.has(movement))
    .map((movement): SettlementLine => {
      return { verdict: 'missing_there', settled: null, booked: movement };
    });
  return [...theirs, ...ours];
}

/** Equal amounts first, so that one wrong amount does not make two. */
function pair(
  settled: readonly SettledMovement[],
  booked: readonly BookedMovement[],
): ReadonlyMap<SettledMovement, BookedMovement> {
  const pairs = new Map<SettledMovement, BookedMovement>();
  const free = new Map<string, BookedMovement[]>();
  for (const movement of booked) {
    const key = keyOf(movement);
    free.set(key, [...(free.get(key) ?? []), movement]);
  }
  for (const isFit of [isSameMoney, () => true]) {
    for (const movement of settled) {
      if (pairs.has(movement) || movement.kind === 'other') continue;
      const candidates = free.get(keyOf(movement)) ?? [];
      const index = candidates.findIndex(({ money }) => isFit(movement.money, money));
      const [partner] = index === -1 ? [] : candidates.splice(index, 1);
      if (partner !== undefined) pairs.set(movement, partner);
    }
  }
  return pairs;
}

function keyOf({
  kind,
  gatewayPaymentId,
}: Pick<SettledMovement, 'kind' | 'gatewayPaymentId'>): string {
  return `${kind} ${gatewayPaymentId ?? ''}`;
}

function isSameMoney(left: Money, right: Money): boolean {
  return left.currency === right.currency && left.amountMicros === right.amountMicros;
}
