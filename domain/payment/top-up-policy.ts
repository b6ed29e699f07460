/**
 * Owns: what may be topped up, by currency: the price of unique visitors, the least WhatsApp balance.
 * Does not own: the tax on it (top-up-terms.ts), the order (order/), what the gateway takes (gateways/).
 * Rules: R3.05 and the sellers' own policy, kept as data: a currency that is not here sells no visitors and
 * has no least amount. Prices are without tax where the seller adds it.
 * Example: 1,000 visitors in IDR are 2 times 500 for 600,000.00; 750 are no multiple of 500. A WhatsApp
 * top-up of 5,000.00 IDR is raised to 1,000,000.00, and the order says so.
 */
import type { CurrencyCode } from '../currency';
import { compareMoney, describeMoney, parseMoney, type Money } from '../money';

export const TOP_UP_TARGETS = ['wallet', 'whatsapp_balance', 'unique_visitors'] as const;
export type TopUpTarget = (typeof TOP_UP_TARGETS)[number];

interface TopUpPolicy {
  /** Sold in multiples of `quantity`, each for `price`. */
  readonly visitors: { readonly quantity: number; readonly price: string };
  readonly whatsAppBalanceMin: string;
}

const POLICIES: Readonly<Partial<Record<CurrencyCode, TopUpPolicy>>> = {
  IDR: {
    visitors: { quantity: 500, price: '300000.00' },
    whatsAppBalanceMin: '1000000.00',
  },
};

export interface TopUpWish {
  readonly target: TopUpTarget;
  /** Of money; null: of visitors, whose price is ours. */
  readonly amount: Money | null;
  /** Of visitors; else null. */
  readonly quantity: number | null;
}

export interface TopUpOffer {
  readonly kind: 'offered';
  readonly amount: Money;
  /** What was made of the wish, for the customer; null: it was taken as it is. */
  readonly note: string | null;
}

export interface TopUpRefusal {
  readonly kind: 'refused';
  readonly field: 'target' | 'quantity';
  readonly message: string;
}

/** What a wish costs without tax, or why it cannot be had in this currency. */
export function offerTopUp(
  { target, amount, quantity }: TopUpWish,
  currency: CurrencyCode,
): TopUpOffer | TopUpRefusal {
  if (amount === null) return offerVisitors(quantity ?? 0, currency);
  const least = POLICIES[currency]?.whatsAppBalanceMin;
  if (target !== 'whatsapp_balance' || least === undefined) {
    return { kind: 'offered', amount, note: null };
  }
  const min = parseMoney({ amount: least, currency });
  if (compareMoney(amount, min) >= 0) return { kind: 'offered', amount, note: null };
  const note = `A WhatsApp top-up is at least ${describeMoney(min)}, so ${describeMoney(amount)} was raised to that.`;
  return { kind: 'offered', amount: min, note };
}

function offerVisitors(quantity: number, currency: CurrencyCode): TopUpOffer | TopUpRefusal {
  const policy = POLICIES[currency]?.visitors;
  if (policy === undefined) {
    const message = `Unique visitors are not sold in ${currency}.`;
    return { kind: 'refused', field: 'target', message };
  }
  if (quantity <= 0 || quantity % policy.quantity !== 0) {
    const message = `Unique visitors are sold in multiples of ${policy.quantity}.`;
    return { kind: 'refused', field: 'quantity', message };
  }
  const { amountMicros } = parseMoney({ amount: policy.price, currency });
  const times = BigInt(quantity / policy.quantity);
  return { kind: 'offered', amount: { amountMicros: amountMicros * times, currency }, note: null };
}
