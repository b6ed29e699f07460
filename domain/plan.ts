/**
 * Owns: what a plan or support package offers: a price per cycle and currency, allowances, limits.
 * Does not own: who has it (subscription.ts) or what it costs to be late (dunning.ts).
 * A plan's version never changes; a new price makes a new version, subscribers keep theirs (R3.27, R4.07).
 * Rules: R1.14 to R1.19 and R2.12. Allowances of messages and minutes last a month counted from the
 * subscription's anchor, also in a yearly plan; WhatsApp conversations, unique visitors and the WhatsApp
 * balance belong to the calendar month (ADR 0002). The WhatsApp balance is money, so it has a figure for each
 * currency the plan is sold in; an account has one of them.
 * Example: Growth grants 10 000 messages and 500 minutes; bought on 31 January, the minutes that are
 * left on 28 February are forfeited and 500 new ones are granted.
 */
import { BILLING_CYCLES, type BillingCycle } from './billing-period';
import type { ChangePolicy } from './change-policy';
import type { CurrencyCode } from './currency';
import type { DunningPolicy } from './dunning';
import { parseAmount, type Money } from './money';
import type { Meter } from './rating/rating-terms';

/** `partner_plan`: assigned to customers of resellers, never bought by them (partner-plan/). */
export type PlanKind = 'plan' | 'support_package' | 'partner_plan';
/** An account holds at most one subscription of each track (R1.18): a plan of its own or a partner plan. */
export type Track = 'plan' | 'support';

/** A figure that is none: of a limit, or of an allowance that never runs out. */
export const WITHOUT_LIMIT = -1;

export type AllowanceName = 'minutes' | 'messages' | 'wa_conversations' | 'unique_visitors';
/** Units a month; -1 means without limit. */
export interface Allowances extends Readonly<Partial<Record<AllowanceName, number>>> {
  /** Money for usage, granted each month into `wallet/initial`, where it adds up (R3.14). */
  readonly whatsapp_balance?: AmountByCurrency;
}
/** A decimal string per currency: `{ IDR: '350000.00' }`. */
export type AmountByCurrency = Readonly<Partial<Record<CurrencyCode, string>>>;

export type LimitName =
  'team_members' | 'channels' | 'concurrent_calls' | 'phone_numbers' | 'queue_priority';
/** A missing limit means "none of it"; -1 means without limit. */
export type Limits = Readonly<Partial<Record<LimitName, number>>>;

export const SUPPORT_PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type SupportPriority = (typeof SUPPORT_PRIORITIES)[number];

/** What a support package, or a plan that has support in it, promises (R1.19). */
export interface SupportTerms {
  readonly responseTimeMinutes: number;
  readonly priority: SupportPriority;
  /** For people: "every day 08:00-22:00". */
  readonly hours: string;
  /** What help there is: setup, integration, troubleshooting. */
  readonly guidance: readonly string[];
  readonly suitsHighUsage: boolean;
  readonly hasDedicatedAssistance: boolean;
}

export interface PlanPrice {
  readonly cycle: BillingCycle;
  readonly price: Money;
}

export interface PlanVersion {
  readonly code: string;
  readonly version: number;
  readonly kind: PlanKind;
  readonly name: string;
  readonly tier: string;
  readonly prices: readonly PlanPrice[];
  readonly allowances: Allowances;
  readonly limits: Limits;
  /** What the plan switches on beside its figures: `sso`, `on_premise` (R1.16). */
  readonly features: readonly string[];
  readonly support: SupportTerms | null;
  /** Price of one unit beyond the allowance, as a decimal string per currency. */
  readonly unitPrices: UnitPrices;
  /** What becomes of use beyond the allowance. Left out: charged where it has a price, else refused. */
  readonly onExhausted: OnExhausted;
  /** Whether its price is taxed as the seller's registration says; otherwise it bears no tax (R4.16). */
  readonly bearsTax: boolean;
  readonly dunning: DunningPolicy;
  /** How a change to this plan is settled. */
  readonly changes: ChangePolicy;
}

export const UNIT_NAMES = ['message', 'call_minute', 'wa_conversation', 'unique_visitor'] as const;
export type UnitName = (typeof UNIT_NAMES)[number];
export type OnExhausted = Readonly<Partial<Record<Meter, 'block' | 'charge'>>>;
export type RateByCurrency = AmountByCurrency;
/** `unitPrices.message.INR` is the price of one message beyond the allowance, a decimal string. */
export type UnitPrices = Readonly<Partial<Record<UnitName, RateByCurrency>>>;

/** The price of one cycle in one currency, or null when the plan is not sold that way. */
export function findPrice(
  plan: PlanVersion,
  { cycle, currency }: { readonly cycle: BillingCycle; readonly currency: CurrencyCode },
): Money | null {
  const offered = plan.prices.find(
    (candidate) => candidate.cycle === cycle && candidate.price.currency === currency,
  );
  return offered?.price ?? null;
}

/** A plan's version as one subscription has it, or will have it: the price of its cycle and currency. */
export interface PlanTerms {
  readonly planCode: string;
  readonly planName: string;
  readonly planVersion: number;
  readonly cycle: BillingCycle;
  readonly price: Money;
  readonly bearsTax: boolean;
  readonly dunning: DunningPolicy;
  readonly changePolicy: ChangePolicy;
}

/** The terms of a plan in a cycle and currency, or null when it is not sold that way. */
export function findTerms(
  plan: PlanVersion,
  offer: { readonly cycle: BillingCycle; readonly currency: CurrencyCode },
): PlanTerms | null {
  const price = findPrice(plan, offer);
  if (price === null) return null;
  return {
    planCode: plan.code,
    planName: plan.name,
    planVersion: plan.version,
    cycle: offer.cycle,
    price,
    bearsTax: plan.bearsTax,
    dunning: plan.dunning,
    changePolicy: plan.changes,
  };
}

export function trackOf(kind: PlanKind): Track {
  return kind === 'support_package' ? 'support' : 'plan';
}

/** One allowance in the ledger's own unit: minutes are kept as seconds, money as micros. */
export interface AllowanceGrant {
  readonly asset: Meter | CurrencyCode;
  readonly quantity: bigint;
  /** anchor_month: lasts a month from the anchor. calendar_month: belongs to a month of the account's zone. */
  readonly lasts: 'anchor_month' | 'calendar_month';
}

const SECONDS_PER_MINUTE = 60n;

/**
 * What an allowance without limit is granted as: more than a month can use up, and more than any figure a plan
 * may name. Part of a month, as after a change of plan, grants part of it.
 */
export const UNITS_WITHOUT_LIMIT = 1_000_000_000_000_000n;
/** A day's part of it is above this; what a plan with figures grants is not. */
const LIMITED_UNITS_MAX = 10_000_000_000_000n;

/** Whether so many units stand for an allowance without limit. */
export function isWithoutLimit(granted: bigint): boolean {
  return granted > LIMITED_UNITS_MAX;
}

/**
 * What a month of the plan grants to an account of this currency, in the ledger's units. An allowance of zero
 * grants nothing, one without limit `UNITS_WITHOUT_LIMIT`.
 */
export function buildAllowanceGrants(
  allowances: Allowances,
  currency: CurrencyCode,
): AllowanceGrant[] {
  const granted: AllowanceGrant[] = [
    {
      asset: 'call_second',
      quantity: toUnits(allowances.minutes, SECONDS_PER_MINUTE),
      lasts: 'anchor_month',
    },
    { asset: 'message', quantity: toUnits(allowances.messages), lasts: 'anchor_month' },
    {
      asset: 'wa_conversation',
      quantity: toUnits(allowances.wa_conversations),
      lasts: 'calendar_month',
    },
    {
      asset: 'unique_visitor',
      quantity: toUnits(allowances.unique_visitors),
      lasts: 'calendar_month',
    },
    {
      asset: currency,
      quantity: parseAmount(allowances.whatsapp_balance?.[currency] ?? '0'),
      lasts: 'calendar_month',
    },
  ];
  return granted.filter((grant) => grant.quantity > 0n);
}

function toUnits(figure = 0, unitsEach = 1n): bigint {
  return figure === WITHOUT_LIMIT ? UNITS_WITHOUT_LIMIT : BigInt(figure) * unitsEach;
}

/** `none`: no support is promised. `dedicated`: people of ours who know the account. */
export type SupportLevel = 'none' | SupportPriority | 'dedicated';

/** The dimensions plans are compared by (R1.17). A team size of -1 has no limit. */
export interface PlanComparison {
  readonly teamSize: number;
  readonly messagesPerMonth: number;
  readonly supportLevel: SupportLevel;
}

export function buildComparison({ limits, allowances, support }: PlanVersion): PlanComparison {
  return {
    teamSize: limits.team_members ?? 0,
    messagesPerMonth: allowances.messages ?? 0,
    supportLevel: supportLevelOf(support),
  };
}

function supportLevelOf(support: SupportTerms | null): SupportLevel {
  if (support === null) return 'none';
  return support.hasDedicatedAssistance ? 'dedicated' : support.priority;
}

/** A price of a plan that is to change, or null to take that cycle off sale in that currency. */
export interface PriceChange {
  readonly cycle: BillingCycle;
  readonly currency: CurrencyCode;
  readonly price: Money | null;
}

/** The prices after the changes, in order: each replaces the one of its cycle and currency. */
export function changePrices(
  prices: readonly PlanPrice[],
  changes: readonly PriceChange[],
): PlanPrice[] {
  const kept = prices.filter(({ cycle, price }) =>
    changes.every((change) => change.cycle !== cycle || change.currency !== price.currency),
  );
  const changed = changes.flatMap(({ cycle, price }) => (price === null ? [] : [{ cycle, price }]));
  return [...kept, ...changed].toSorted(
    (left, right) =>
      BILLING_CYCLES.indexOf(left.cycle) - BILLING_CYCLES.indexOf(right.cycle) ||
      (left.price.currency < right.price.currency ? -1 : 1),
  );
}

/** The figures an agreement may replace. */
export type PlanFigures = Pick<PlanVersion, 'allowances' | 'limits'>;

/** An agreement with one account replaces the plan's figures it names (R1.16, R3.06). */
export function applyAgreement<Plan extends PlanFigures>(
  plan: Plan,
  agreement: PlanFigures | null,
): Plan {
  if (agreement === null) return plan;
  return {
    ...plan,
    allowances: { ...plan.allowances, ...agreement.allowances },
    limits: { ...plan.limits, ...agreement.limits },
  };
}
