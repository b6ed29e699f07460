/**
 * Owns: why a use cost what it cost, in one sentence that a customer understands.
 * Does not own: the cost (decide-usage.ts), which is told as it was decided, never computed again.
 * Rule: R3.25 to R3.29: what was used, what paid for it, at which price of which day, or why it was free.
 * Example: "This marketing message to ID cost 597.32 IDR: 597.32 IDR per message by version 2 of “WhatsApp IDR”,
 * in force since 2025-07-01, paid from your wallet."
 */
import type { LocalDate } from '../calendar';
import { describeMoney, formatRate } from '../money';
import type { CurrencyCode } from '../currency';
import type { BucketSource } from '../ledger/ledger-state';
import type { RatingRule } from '../rating/rate-card';
import type { CorrectionKind } from './correction';
import type { Rating, UsageType, ZeroReason } from './usage-event';

export interface ExplainedCharge {
  readonly source: BucketSource;
  readonly asset: string;
  /** Units, or micros. */
  readonly amount: bigint;
}

/** What was done about a use afterwards. */
export interface ExplainedCorrection {
  readonly kind: CorrectionKind;
  readonly reason: string;
  readonly replacedBy: string | null;
  /** What it costs more since, without tax; below zero: less. */
  readonly amountMicros: bigint;
  /** What priced it again; null: it was taken back. */
  readonly card: {
    readonly name: string;
    readonly version: number;
    readonly effectiveFrom: LocalDate;
  } | null;
}

/** A use as it was stored. */
export interface ExplainedUsage {
  readonly type: UsageType;
  readonly currency: CurrencyCode;
  readonly rating: Rating;
  readonly charges: readonly ExplainedCharge[];
  /** The oldest first. */
  readonly corrections: readonly ExplainedCorrection[];
  /** Of the card that priced it; null: the plan's price, or none. */
  readonly card: { readonly name: string; readonly rule: RatingRule } | null;
}

export function explainUsage(usage: ExplainedUsage): string {
  return [explainCost(usage), ...usage.corrections.map((one) => tellCorrection(one, usage))].join(
    ' ',
  );
}

function tellCorrection(
  { kind, reason, replacedBy, amountMicros, card }: ExplainedCorrection,
  { currency }: ExplainedUsage,
): string {
  switch (kind) {
    case 'cancellation':
      return `It was cancelled afterwards, and what it had paid was given back: ${reason}.`;
    case 'amendment':
      return `It was corrected afterwards: ${replacedBy ?? 'another event'} took its place. The reason: ${reason}.`;
    case 'visitor_cancellation':
      return `The visitor it brought was given back afterwards: ${reason}.`;
    case 'rerating': {
      const by = card === null ? '' : ` by ${tellCard(card, card.name)}`;
      return `Its price was corrected afterwards${by}, and it costs ${tellMore(amountMicros, currency)}: ${reason}.`;
    }
  }
}

function tellMore(amountMicros: bigint, currency: CurrencyCode): string {
  if (amountMicros === 0n) return 'the same since, with another fee';
  const size = amountMicros < 0n ? -amountMicros : amountMicros;
  return `${describeMoney({ amountMicros: size, currency })} ${amountMicros < 0n ? 'less' : 'more'} since`;
}

function explainCost(usage: ExplainedUsage): string {
  const { rating } = usage;
  const what = nameUse(usage);
  if (rating.amountMicros > 0n) return `${what} cost ${tellPaid(usage)}${tellVisitor(usage)}.`;
  const units = tellUnits(usage);
  if (units !== null) return `${what} cost no money: ${units} paid for it${tellVisitor(usage)}.`;
  return `${what} cost nothing${tellZero(usage)}${tellVisitor(usage)}.`;
}

function nameUse({ type, rating }: ExplainedUsage): string {
  const { category, market, quantity } = rating;
  const to = market === null || market === '*' ? '' : ` to ${market}`;
  switch (type) {
    case 'message':
      return `${theseMessages(quantity)}${to}`;
    case 'wa_message':
      return `This ${wordsOf(category)} message${quantity > 1n ? toGroup(quantity) : to}`;
    case 'wa_inbound':
      return 'This message from a customer';
    case 'call':
      return `This call${to}${quantity > 0n ? `, counted as ${seconds(quantity)},` : ''}`;
    case 'visitor':
      return 'This visit';
  }
}

function theseMessages(quantity: bigint): string {
  return quantity === 1n ? 'This message' : `These ${count(quantity)} messages`;
}

function toGroup(quantity: bigint): string {
  return ` to ${count(quantity)} members of a group`;
}

function tellPaid(usage: ExplainedUsage): string {
  const { rating, currency } = usage;
  const money = (amountMicros: bigint) => describeMoney({ amountMicros, currency });
  const units = tellUnits(usage);
  const price = `${units === null ? '' : `first ${units}, then `}${tellPrice(usage)}`;
  const fee = rating.feeMicros === 0n ? '' : `, with a fee of ${money(rating.feeMicros)}`;
  const tax = rating.taxMicros === 0n ? '' : `, plus ${money(rating.taxMicros)} tax`;
  return `${money(rating.amountMicros)}: ${price}${fee}${tax}, paid from ${tellPayers(usage)}`;
}

function tellPrice({ rating, card, currency }: ExplainedUsage): string {
  const { unit, unitRate } = rating;
  const rate =
    unitRate === null ? 'several rates' : `${formatRate(unitRate, 2)} ${currency} per ${unit}`;
  if (rating.card === null || card === null) return `${rate} by your plan`;
  return `${rate} by ${tellCard(rating.card, card.name)}`;
}

function tellCard(
  { version, effectiveFrom }: { readonly version: number; readonly effectiveFrom: LocalDate },
  name: string,
): string {
  return `version ${version} of “${name}”, in force since ${effectiveFrom}`;
}

/** Who paid money; with what each paid where they are several. */
function tellPayers({ charges, currency }: ExplainedUsage): string {
  const payers = sumBySource(charges.filter(({ asset }) => asset === currency));
  const [only, ...others] = payers;
  if (only !== undefined && others.length === 0) return PAYERS[only.source];
  return list(
    payers.map(
      ({ source, amount }) =>
        `${PAYERS[source]} (${describeMoney({ amountMicros: amount, currency })})`,
    ),
  );
}

/** What units paid, without those of visitors; null: none did. */
function tellUnits({ charges, currency }: ExplainedUsage): string | null {
  const units = charges.filter(({ asset }) => asset !== currency && asset !== VISITOR);
  const [first] = units;
  if (first === undefined) return null;
  const paid = sumBySource(units).map(
    ({ source, amount }) => `${nameUnits(first.asset, amount)} from ${PAYERS[source]}`,
  );
  return list(paid);
}

function tellVisitor({ rating, charges, currency, type }: ExplainedUsage): string {
  const unit = charges.find(({ asset }) => asset === VISITOR);
  if (unit !== undefined) return `; it brought a new visitor, from ${PAYERS[unit.source]}`;
  const cost = rating.visitorMicros;
  if (cost === 0n || type === 'visitor') return '';
  return `; the new visitor it brought cost ${describeMoney({ amountMicros: cost, currency })}`;
}

function tellZero({ type, rating, card }: ExplainedUsage): string {
  const { zeroReason } = rating;
  if (type === 'wa_inbound') return ': messages from customers are free';
  if (type === 'call' && zeroReason === 'not_charged_on_this_status') return ': nobody answered it';
  if (zeroReason === null) return ': the visitor had been counted before, or visitors are free';
  return `: ${tellReason(zeroReason, { rating, rule: card?.rule ?? null, name: card?.name ?? null })}`;
}

interface Reasoned {
  readonly rating: Rating;
  readonly rule: RatingRule | null;
  readonly name: string | null;
}

function tellReason(reason: ZeroReason, { rating, rule, name }: Reasoned): string {
  switch (reason) {
    case 'conversation_open':
      return `a conversation of the category ${wordsOf(rating.category)} was open, and messages within it are included`;
    case 'customer_service_window':
      return `the customer had written in the 24 hours before it${tellSource(rating)}`;
    case 'free_entry_point':
      return `the customer came by an ad or a page button, and 72 hours from your first answer are free${tellSource(rating)}`;
    case 'free_allowance':
      return tellAllowance(rule);
    case 'covered_by_quota':
      return 'your plan’s allowance covers it';
    case 'not_charged_on_this_status':
      return CHARGED[rule?.chargeOn ?? 'delivered'];
    case 'priced_at_zero':
      return tellZeroPrice(rating, name);
  }
}

function tellZeroPrice({ card }: Rating, name: string | null): string {
  if (card === null || name === null) return 'your plan has no price for it';
  return `its price is 0 in ${tellCard(card, name)}`;
}

function tellSource({ windowFrom }: Rating): string {
  if (windowFrom === null) return '';
  return windowFrom === 'sent' ? ', as you told us' : ', as we saw ourselves';
}

function tellAllowance(rule: RatingRule | null): string {
  const allowance = rule?.freeAllowance ?? null;
  if (allowance === null) return 'it is within the month’s free allowance';
  const { quantity, category, per } = allowance;
  const each = per === 'number' ? ' for each business number' : '';
  return `the first ${count(quantity)} of the category ${wordsOf(category)} in a month are free${each}`;
}

const CHARGED: Readonly<Record<RatingRule['chargeOn'], string>> = {
  sent: 'a message is charged when it is sent, not when it is delivered',
  delivered: 'a message is charged when it is delivered, not when it is sent',
  opened: 'a conversation is charged when its first message is delivered',
};

const VISITOR = 'unique_visitor';

const PAYERS: Readonly<Record<BucketSource, string>> = {
  plan_quota: 'your plan’s allowance',
  quota_top_up: 'this month’s top-up',
  promotional: 'your promotional balance',
  package: 'your packages',
  minute_bundle: 'your minute bundles',
  wallet_initial: 'the balance your plan grants',
  wallet_additional: 'your wallet',
};

function sumBySource(charges: readonly ExplainedCharge[]) {
  const sums = new Map<BucketSource, bigint>();
  for (const { source, amount } of charges) sums.set(source, (sums.get(source) ?? 0n) + amount);
  return [...sums].map(([source, amount]) => ({ source, amount }));
}

function nameUnits(asset: string, amount: bigint): string {
  if (asset === 'call_second') return seconds(amount);
  const name = asset === 'wa_conversation' ? 'conversation' : asset;
  return `${count(amount)} ${name}${amount === 1n ? '' : 's'}`;
}

function seconds(quantity: bigint): string {
  return `${count(quantity)} second${quantity === 1n ? '' : 's'}`;
}

/** 10,510 */
function count(quantity: bigint): string {
  return String(quantity).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function wordsOf(category: string): string {
  return category.replaceAll('_', ' ');
}

/** a, b and c */
function list(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
