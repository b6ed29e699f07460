/**
 * Owns: what pays for a rated event: units of its meter, then money at its price with tax; and for a new visitor.
 * Does not own: what is free (rating/rate-event.ts), the tax (tax/usage-tax.ts), buckets and their order
 * (ledger/burn.ts), transfers.
 * Rules: R0.14, R2.06, R3.13, R3.28. Units first where they may; past them money, or a refusal where the plan
 * blocks. What already happened is never refused for want of either.
 * Example: a call of 120 seconds with 90 left in the allowance at 0.60 a minute → 90 seconds and 0.30.
 */
import { burn, type Part, payMoney, priceOf } from '../ledger/burn';
import { drawOnHold, type Hold } from '../ledger/hold';
import type { LedgerState } from '../ledger/ledger-state';
import { computePrice, type Price, type PricedUnits } from '../rating/price';
import type { RatedUsage } from '../rating/rate-event';
import { tierCounter } from '../rating/rating-counter';
import type { Tariff } from '../rating/tariff';
import { type TaxedPrice, taxUsage } from '../tax/usage-tax';
import type { UsageEvent, UsageRefusal, ZeroReason } from './usage-event';

export interface Moment {
  readonly atMs: number;
  /** The account's month whose quota pays: that of the instant, or the present one of an instant ahead. */
  readonly month: string;
  /** It already happened. */
  readonly mayOverdraw: boolean;
}

/** So much more of a counter. */
export interface Count {
  readonly counter: string;
  readonly quantity: bigint;
}

/** What an event costs once it is paid for, or why it is not. */
export type Payment =
  | {
      readonly kind: 'paid';
      readonly price: Price;
      readonly money: PaidMoney;
      readonly zeroReason: ZeroReason | null;
      /** What money paid for, where tiers count it. */
      readonly counted: readonly Count[];
    }
  | Refused;

/** What money paid for, and how much. */
export interface PaidMoney extends TaxedPrice {
  /** Units that nothing else covered. */
  readonly quantity: bigint;
}

interface Refused {
  readonly kind: 'refused';
  readonly reason: UsageRefusal;
}

/** An event as it is paid for. */
interface UsageToPay {
  readonly tariff: Tariff;
  readonly event: UsageEvent;
  readonly rated: RatedUsage;
  readonly moment: Moment;
  /** Pays first; null: nothing was reserved for it. */
  readonly hold: Hold | null;
}

/** Takes what pays for the event into `parts`. After a refusal the caller gives the parts back. */
export function payUsage(
  ledger: LedgerState,
  usage: UsageToPay & { readonly countOf: (counter: string) => bigint },
  parts: Part[],
): Payment {
  const { tariff, rated, moment, hold, countOf } = usage;
  const { zeroReason, payable } = rated;
  if (payable === 0n) return nothingToPay(tariff, zeroReason);
  const uncovered = payUnits(ledger, usage, parts);
  if (uncovered === 0n) return nothingToPay(tariff, 'covered_by_quota');
  if (tariff.onExhausted !== 'charge') {
    const isOwed = tariff.onExhausted === 'quota_exhausted' && moment.mayOverdraw;
    if (isOwed) return nothingToPay(tariff, 'priced_at_zero');
    return { kind: 'refused', reason: tariff.onExhausted };
  }
  const { units, counted } = unitsToPrice(tariff, uncovered, countOf);
  const { ratePer, rule } = tariff;
  const price = computePrice(units, { tierMode: rule.tierMode, ratePer });
  const money = taxUsage(tariff.tax, {
    priceMicros: price.baseMicros + price.feeMicros,
    isTelecom: tariff.asset === 'call_second',
  });
  const amount = money.netMicros + money.taxMicros;
  if (amount > USE_MAX_MICROS) return { kind: 'refused', reason: 'amount_out_of_range' };
  const { atMs, month, mayOverdraw } = moment;
  const owed = drawFirst(ledger, { hold, asset: ledger.currency, amount, month }, parts);
  const unpaid = payBalance(ledger, { amount: owed, atMs, month, mayOverdraw }, parts);
  if (unpaid !== null) return unpaid;
  return {
    kind: 'paid',
    price,
    money: { quantity: uncovered, netMicros: money.netMicros, taxMicros: money.taxMicros },
    zeroReason: amount === 0n ? 'priced_at_zero' : null,
    counted,
  };
}

/** Pays for somebody's first visit of the month; one without allowance and price is counted and costs nothing. */
export function payVisitor(
  ledger: LedgerState,
  { tariff, moment }: { readonly tariff: Tariff; readonly moment: Moment },
  parts: Part[],
): { readonly kind: 'paid'; readonly money: PaidMoney } | Refused {
  const { hasAllowance, onExhausted, unitPrice } = tariff.visitor;
  const { atMs, month, mayOverdraw } = moment;
  const missing = burn(ledger, { asset: 'unique_visitor', amount: 1n, atMs, month }, parts);
  if (missing === 0n) return { kind: 'paid', money: NO_MONEY };
  if (unitPrice === null || onExhausted === 'block') {
    const isFree = mayOverdraw || (unitPrice === null && !hasAllowance);
    return isFree
      ? { kind: 'paid', money: NO_MONEY }
      : { kind: 'refused', reason: 'quota_exhausted' };
  }
  const taxed = taxUsage(tariff.tax, { priceMicros: priceOf(unitPrice, 1n), isTelecom: false });
  const { netMicros, taxMicros } = taxed;
  const amount = netMicros + taxMicros;
  const unpaid = payBalance(ledger, { amount, atMs, month, mayOverdraw }, parts);
  return unpaid ?? { kind: 'paid', money: { quantity: 1n, netMicros, taxMicros } };
}

/**
 * So much money one use may cost, nine billion of a currency; all events of a batch then fit into one transfer, a
 * bigint. And so far may usage bring a wallet into the red. Both are beyond every honest price.
 */
const USE_MAX_MICROS = 9_000_000_000_000_000n;
const DEBT_MAX_MICROS = 4_000_000_000_000_000_000n;

/** Pays from the balance; null when it is paid. */
export function payBalance(
  ledger: LedgerState,
  payment: Moment & { readonly amount: bigint },
  parts: Part[],
): Refused | null {
  const unpaid = payMoney(ledger, payment, parts);
  if (unpaid !== null) return { kind: 'refused', reason: unpaid.reason };
  const isBeyond = parts.some(({ bucket }) => bucket.posted < -DEBT_MAX_MICROS);
  return isBeyond ? { kind: 'refused', reason: 'amount_out_of_range' } : null;
}

const NO_COUNTS: readonly Count[] = [];
export const NO_MONEY: PaidMoney = { quantity: 0n, netMicros: 0n, taxMicros: 0n };

function nothingToPay({ lines }: Tariff, zeroReason: ZeroReason | null): Payment {
  const unitRate = lines?.length === 1 ? (lines[0]?.row.rate ?? null) : null;
  return {
    kind: 'paid',
    price: { baseMicros: 0n, feeMicros: 0n, unitRate },
    money: NO_MONEY,
    zeroReason,
    counted: NO_COUNTS,
  };
}

/** Units that pay first; answers how many are missing. */
function payUnits(
  ledger: LedgerState,
  { tariff, event, rated, moment, hold }: UsageToPay,
  parts: Part[],
): bigint {
  if (tariff.units === 'none') return rated.payable;
  const { asset } = tariff;
  const channel = event.facts.type === 'message' ? event.facts.channel : null;
  const { atMs, month } = moment;
  const amount = drawFirst(ledger, { hold, asset, amount: rated.payable, month }, parts);
  return burn(ledger, { asset, amount, atMs, month, channel }, parts);
}

function drawFirst(
  ledger: LedgerState,
  want: {
    readonly hold: Hold | null;
    readonly asset: string;
    readonly amount: bigint;
    readonly month: string;
  },
  parts: Part[],
): bigint {
  const { hold, amount } = want;
  return hold === null ? amount : drawOnHold(ledger, { ...want, hold }, parts);
}

/** What is free or covered came from the first lines; the last `quantity` units are for money. */
function unitsToPrice(
  tariff: Tariff,
  quantity: bigint,
  countOf: (counter: string) => bigint,
): { readonly units: PricedUnits[]; readonly counted: Count[] } {
  const units: PricedUnits[] = [];
  const counted: Count[] = [];
  let wanted = quantity;
  for (const line of (tariff.lines ?? []).toReversed()) {
    if (wanted === 0n) break;
    const taken = line.quantity < wanted ? line.quantity : wanted;
    wanted -= taken;
    const counter = tierCounter(tariff, line);
    units.push({ row: line.row, quantity: taken, usedBefore: usedBefore(counter) });
    if (counter !== null) counted.push({ counter, quantity: taken });
  }
  return { units, counted };

  function usedBefore(counter: string | null): bigint {
    if (counter === null) return 0n;
    const inThisEvent = counted.filter((count) => count.counter === counter);
    return inThisEvent.reduce((sum, count) => sum + count.quantity, countOf(counter));
  }
}
