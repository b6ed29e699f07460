/**
 * Owns: what of an account its usage is rated by: currency, zone, cards, who pays tax, what happens past an allowance.
 * Does not own: where that comes from (plan, agreement, catalogue: db/load-rating-terms.ts), the rating.
 * Terms are remembered by the process that rates. Their version stands on the ledger's row, which is locked
 * before anything is decided: when it has moved, the terms are loaded anew and the events rated again.
 * Example: Growth allows 500 minutes and asks 2.50 INR for a further one: `call_second` has an allowance and a unit
 * price of 25_000_000_000n per minute.
 */
import type { CurrencyCode } from '../currency';
import { parseRate } from '../money';
import type { AllowanceName, PlanVersion, UnitName } from '../plan';
import type { Buyer } from '../tax/resolve-taxation';
import type { CardChannel } from './rate-card';

/** Units that a plan's allowance is counted in. */
export const METERS = ['message', 'call_second', 'wa_conversation', 'unique_visitor'] as const;
export type Meter = (typeof METERS)[number];

/** What the plan says of a meter. */
export interface MeterTerms {
  /** The plan or an agreement names an allowance of it: past that, it is exhausted and not "without a price". */
  readonly hasAllowance: boolean;
  readonly onExhausted: 'block' | 'charge';
  /** Of the plan, in 1e-10 of the currency per unit (a call: per minute); null: none. */
  readonly unitPrice: bigint | null;
}

export interface RatingTerms {
  readonly accountId: string;
  readonly ledgerId: bigint;
  readonly partnerId: string | null;
  /** ledgers.terms_version when they were read. */
  readonly version: bigint;
  readonly currency: CurrencyCode;
  readonly timeZone: string;
  /** An account on a test clock lives in another present. */
  readonly testClockId: string | null;
  /** By its billing address, or its country while it has none. */
  readonly buyer: Buyer;
  /** Codes of cards named for this account; the default of channel and currency counts for the others. */
  readonly cards: Readonly<Partial<Record<CardChannel, string>>>;
  readonly meters: Readonly<Record<Meter, MeterTerms>>;
  /** The WhatsApp balance that the plan gives each month, the usual level of the balance; 0: none. */
  readonly monthlyBalanceMicros: bigint;
}

/** What a plan calls a meter. */
const METER_NAMES: Readonly<
  Record<Meter, { readonly allowance: AllowanceName; readonly unit: UnitName }>
> = {
  message: { allowance: 'messages', unit: 'message' },
  call_second: { allowance: 'minutes', unit: 'call_minute' },
  wa_conversation: { allowance: 'wa_conversations', unit: 'wa_conversation' },
  unique_visitor: { allowance: 'unique_visitors', unit: 'unique_visitor' },
};

/** What a plan, with what was agreed in place of its figures, says of each meter to an account of this currency. */
export function buildMeters(
  plan: Pick<PlanVersion, 'allowances' | 'unitPrices' | 'onExhausted'>,
  currency: CurrencyCode,
): RatingTerms['meters'] {
  const termsOf = (meter: Meter): MeterTerms => {
    const { allowance, unit } = METER_NAMES[meter];
    const rate = plan.unitPrices[unit]?.[currency];
    return {
      hasAllowance: (plan.allowances[allowance] ?? 0) !== 0,
      onExhausted: plan.onExhausted[meter] ?? 'charge',
      unitPrice: rate === undefined ? null : parseRate(rate),
    };
  };
  return {
    message: termsOf('message'),
    call_second: termsOf('call_second'),
    wa_conversation: termsOf('wa_conversation'),
    unique_visitor: termsOf('unique_visitor'),
  };
}
